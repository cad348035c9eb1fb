"""Makes tables, triggers and indexes where they are missing: looked for once a process and database, not with each use.

A file that is another one by now is looked at again, and so is every database in which something went wrong.
"""

from __future__ import annotations

from contextlib import suppress

from pydantic import SecretStr
from sqlalchemy import Engine, inspect
from sqlalchemy.engine import URL

from blocks.errors import LedgerError
from blocks.ledger import guards as ledger_guards
from blocks.ledger import versions as ledger_versions
from blocks.ledger.database import (
    LOCK_WAIT_S,
    engine_for,
    file_of,
    known,
    leases,
    lock,
    metadata,
    table,
    transaction,
    unusable,
)


def create(engine: Engine) -> None:
    """Make tables and triggers where no ledger is. Triggers that are gone stay gone: that is to be told, not mended.

    The folder of a SQLite file is made for its owner only. Whoever may only read and insert can open a ledger that is.
    Raises LedgerError, also for a ledger of a newer rekey.
    """
    if engine in known and known[engine] == _mark_of(engine.url):
        return
    _make_folder(engine.url)
    if not _is_whole(engine):
        with transaction(engine) as connection:
            # One at a time: PostgreSQL refuses what two make at the same moment ("tuple concurrently updated").
            lock(connection)
            is_new = not inspect(connection).has_table(table.name)
            if is_new:
                ledger_guards.keep_private(connection)
            # An older one gets what it lacks by `rekey ledger migrate`: its owner decides when.
            metadata.create_all(connection, tables=None if is_new else [table, leases])
            if is_new:
                ledger_guards.put(connection)
                ledger_versions.note(connection)
    mark = _mark_of(engine.url)
    if mark is not None:
        known[engine] = mark


def index(engine: Engine) -> None:
    """Make the indexes that a ledger of an older rekey lacks; for whoever is about to write a row.

    Reading makes none, so that a copy stays as it is. Whoever may not make them asks without.
    """
    if engine in _indexed:
        return
    _indexed.add(engine)
    with suppress(LedgerError):
        with transaction(engine, reading=True) as connection:
            there = {one["name"] for one in inspect(connection).get_indexes(table.name)}
        missing = [one for one in table.indexes if one.name not in there]
        if not missing:
            return
        with transaction(engine) as connection:
            if connection.dialect.name == "postgresql":
                # Nobody waits longer for an index than for a row.
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
            lock(connection)
            for one in missing:
                one.create(connection, checkfirst=True)


# Tried once a process: what is refused once is refused again.
_indexed: set[Engine] = set()


def exists(url: SecretStr) -> bool:
    """Whether a ledger is there. Unlike opening one it makes none. Raises LedgerError."""
    engine = engine_for(url)
    path = file_of(engine.url)
    # SQLite makes the file as soon as it is asked anything.
    if path is not None and not path.exists():
        return False
    with transaction(engine, reading=True) as connection:
        return inspect(connection).has_table(table.name)


def _is_whole(engine: Engine) -> bool:
    with transaction(engine, reading=True) as connection:
        ledger_versions.demand_known(connection)
        return all(inspect(connection).has_table(one.name) for one in (table, leases))


def _mark_of(url: URL) -> tuple[int, int] | None:
    """What changes when the database is another one; None when that cannot be told."""
    path = file_of(url)
    if path is None:
        return None if url.get_backend_name() == "sqlite" else (0, 0)
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size else None


def _make_folder(url: URL) -> None:
    path, reason = file_of(url), ""
    if path is not None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = type(error).__name__
    if reason:
        raise unusable(reason)
