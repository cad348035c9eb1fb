"""Where the ledger's rows are: one table in SQLite or PostgreSQL, guarded by triggers (blocks/ledger/guards.py).

Beside it is the table of the leases, which are no record and are changed all the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from blocks import worker_file
from blocks.errors import LedgerError

LOCK_WAIT_S = 10
_POSTGRESQL = "postgresql+psycopg"
_READING = "rekey_reading"
# PostgreSQL's name for the lock under which the table is made and rows are added: any number, the same for all. Unlike
# a lock on the table it needs no right to change or delete rows.
_LOCK = "SELECT pg_advisory_xact_lock(7305394829)"

metadata = MetaData()
table = Table(
    "rekey_ledger",
    metadata,
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
# What one action was last of a credential, or since a row, is asked while trading stands still: no other row is read.
Index("rekey_ledger_of_credential", table.c.credential, table.c.action, table.c.sequence)
Index("rekey_ledger_of_action", table.c.action, table.c.sequence)
# Which process may act for a credential now (blocks/ledger/lease.py).
leases = Table(
    "rekey_lease",
    metadata,
    Column("credential", String(128), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("flow_run_id", String(64), nullable=False),
    Column("beat", Integer, nullable=False),
    Column("renewed_at", String(40), nullable=False),
)
# Which shape these tables have, and since when: the newest row counts (blocks/ledger/versions.py).
versions = Table(
    "rekey_ledger_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
)

# The databases in which this process found the tables, and what tells each from another one (blocks/ledger/schema.py).
known: dict[Engine, tuple[int, int]] = {}


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
        # Its tables may be what is gone.
        known.pop(engine, None)
        problem = unusable(reason)
        try:
            raise problem
        finally:
            # Python chains what is raised at the end of a with block to what was raised in it.
            problem.__context__ = None


def lock(connection: Connection) -> None:
    """Keep every other writer out until this transaction ends, before the newest row is read."""
    # SQLite's transactions begin so (see _sqlite_begin).
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK)


def now(connection: Connection) -> datetime:
    """The time by the one clock that all who write here share: PostgreSQL's own, and of a file this machine's.

    Machines that share a ledger may differ by minutes: no time between two rows is reckoned by two of their clocks.
    """
    if connection.dialect.name == "postgresql":
        told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return told.astimezone(UTC)
    return datetime.now(UTC)


def shown(url: SecretStr) -> str:
    """Where it is, for people: the file, or server and database. Never account, password or options."""
    parsed = engine_for(url).url
    if parsed.get_backend_name() == "sqlite":
        return parsed.database or ":memory:"
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.get_backend_name()}://{parsed.host or ''}{port}/{parsed.database or ''}"


def file_of(url: URL) -> Path | None:
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
