"""Where the ledger's rows are: one table in SQLite or PostgreSQL, guarded by triggers (blocks/ledger/guards.py).

Beside it is the table of the leases, which are no record and are changed all the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, Text, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from blocks import worker_file
from blocks.errors import LedgerError
from blocks.ledger import guards as ledger_guards

LOCK_WAIT_S = 10
_POSTGRESQL = "postgresql+psycopg"
_READING = "rekey_reading"
# PostgreSQL's name for the lock under which the table is made and rows are added: any number, the same for all. Unlike
# a lock on the table it needs no right to change or delete rows.
_LOCK = "SELECT pg_advisory_xact_lock(7305394829)"

_metadata = MetaData()
table = Table(
    "rekey_ledger",
    _metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("rotation", String(64), nullable=False, index=True),
    Column("credential", String(128), nullable=False, index=True),
    Column("action", String(64), nullable=False),
    Column("actor", String(256), nullable=False),
    Column("context", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
# Which process may act for a credential now (blocks/ledger/lease.py).
leases = Table(
    "rekey_lease",
    _metadata,
    Column("credential", String(128), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("flow_run_id", String(64), nullable=False),
    Column("beat", Integer, nullable=False),
    Column("renewed_at", String(40), nullable=False),
)


def unusable(reason: str) -> LedgerError:
    """The error for a database that does not do what it is asked. ``reason`` is a class name: texts hold the URL."""
    where = worker_file.place_of("ledger_url")
    return LedgerError(
        f"The ledger cannot be read or written ({reason}).",
        f"Check that its database runs, is writable and has space; {where} says where it is.",
        transient=True,
    )


@lru_cache(maxsize=8)
def engine_for(url: SecretStr) -> Engine:
    """An engine without a pool: a step writes a row or two, and a paused run must not hold a connection for an hour.

    One an address and process: each compiles its statements anew. Makes nothing in the database. Raises LedgerError,
    which never shows the URL.
    """
    engine: Engine | None = None
    without_driver = False
    try:
        parsed = make_url(url.get_secret_value())
        without_driver = parsed.drivername == _POSTGRESQL
        engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ValueError):
        without_driver = False
    except ImportError:
        # Also for a psycopg that finds no libpq.
        pass
    if engine is None:
        raise _no_driver() if without_driver else _no_url()
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _no_driver() -> LedgerError:
    return LedgerError(
        f"The driver that {worker_file.place_of('ledger_url')} asks for (psycopg) is not installed, or lacks libpq.",
        "Install rekey with it, in its checkout: pip install '.[postgresql]'",
    )


def _no_url() -> LedgerError:
    return LedgerError(
        f"{worker_file.place_of('ledger_url')} is not a database URL.",
        "Write sqlite:///PATH or postgresql+psycopg://... there.",
    )


@contextmanager
def transaction(engine: Engine, *, reading: bool = False) -> Iterator[Connection]:
    """One transaction. ``reading`` waits for no other process's. Raises LedgerError for whatever the database has."""
    reason = ""
    try:
        with engine.execution_options(**{_READING: reading}).begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        # Only the driver's class: the text may hold the URL with its password.
        reason = type(error.orig if hasattr(error, "orig") and error.orig else error).__name__
    except OSError as error:
        reason = type(error).__name__
    if reason:
        problem = unusable(reason)
        try:
            raise problem
        finally:
            # Python chains what is raised at the end of a with block to what was raised in it.
            problem.__context__ = None


def create(engine: Engine) -> None:
    """Make tables and triggers where no ledger is. Triggers that are gone stay gone: that is to be told, not mended.

    The folder of a SQLite file is made for its owner only. Whoever may only read and insert can open a ledger that is.
    """
    _make_folder(engine.url)
    with transaction(engine, reading=True) as connection:
        if all(inspect(connection).has_table(one.name) for one in (table, leases)):
            return
    with transaction(engine) as connection:
        # One at a time: PostgreSQL refuses what two make at the same moment ("tuple concurrently updated").
        lock(connection)
        is_new = not inspect(connection).has_table(table.name)
        if is_new:
            ledger_guards.keep_private(connection)
        _metadata.create_all(connection)
        if is_new:
            ledger_guards.put(connection)


def lock(connection: Connection) -> None:
    """Keep every other writer out until this transaction ends, before the newest row is read."""
    # SQLite's transactions begin so (see _sqlite_begin).
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK)


def exists(url: SecretStr) -> bool:
    """Whether a ledger is there. Unlike opening one it makes none. Raises LedgerError."""
    engine = engine_for(url)
    path = _file(engine.url)
    # SQLite makes the file as soon as it is asked anything.
    if path is not None and not path.exists():
        return False
    with transaction(engine, reading=True) as connection:
        return inspect(connection).has_table(table.name)


def shown(url: SecretStr) -> str:
    """Where it is, for people: the file, or server and database. Never account, password or options."""
    parsed = engine_for(url).url
    if parsed.get_backend_name() == "sqlite":
        return parsed.database or ":memory:"
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.get_backend_name()}://{parsed.host or ''}{port}/{parsed.database or ''}"


def _make_folder(url: URL) -> None:
    path, reason = _file(url), ""
    if path is not None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = type(error).__name__
    if reason:
        raise unusable(reason)


def _file(url: URL) -> Path | None:
    """The file of a SQLite database. "file:" begins a URI, which is the business of whoever wrote it."""
    path = url.database if url.get_backend_name() == "sqlite" else None
    return Path(path) if path and path != ":memory:" and not path.startswith("file:") else None


def _sqlite_connected(connection: Any, _: Any) -> None:
    # Python's driver would begin a read transaction by itself and fail to upgrade it under concurrency.
    connection.isolation_level = None
    # Bytes that are no text were put there by somebody else: verify names their row, reading it does not fail before.
    connection.text_factory = lambda stored: stored.decode(errors="surrogateescape")
    connection.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_S * 1000}")


def _sqlite_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
