"""Where the ledger's rows are: one table in SQLite or PostgreSQL, with triggers that refuse to change or delete one.

Beside it is the table of the leases, which are no record and are changed all the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, Text, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from blocks.errors import LedgerError

LOCK_WAIT_S = 10
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
# Which process may act for a credential now (blocks/lease.py).
leases = Table(
    "rekey_lease",
    _metadata,
    Column("credential", String(128), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("flow_run_id", String(64), nullable=False),
    Column("beat", Integer, nullable=False),
    Column("renewed_at", String(40), nullable=False),
)

_SQLITE_TRIGGERS = [
    f"CREATE TRIGGER IF NOT EXISTS rekey_ledger_no_{verb} BEFORE {verb.upper()} ON rekey_ledger "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    for verb in ("update", "delete")
]
# INSERT OR REPLACE deletes without asking the trigger above.
_SQLITE_TRIGGERS.append(
    "CREATE TRIGGER IF NOT EXISTS rekey_ledger_no_replace BEFORE INSERT ON rekey_ledger "
    "WHEN EXISTS (SELECT 1 FROM rekey_ledger WHERE sequence = NEW.sequence) "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
)
_POSTGRESQL_TRIGGERS = [
    "CREATE OR REPLACE FUNCTION rekey_ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
    "CREATE OR REPLACE TRIGGER rekey_ledger_no_change BEFORE UPDATE OR DELETE ON rekey_ledger "
    "FOR EACH ROW EXECUTE FUNCTION rekey_ledger_append_only()",
    "CREATE OR REPLACE TRIGGER rekey_ledger_no_truncate BEFORE TRUNCATE ON rekey_ledger "
    "FOR EACH STATEMENT EXECUTE FUNCTION rekey_ledger_append_only()",
]
_POSTGRESQL_IS_COMPLETE = (
    "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass('rekey_ledger') "
    "AND tgname IN ('rekey_ledger_no_change', 'rekey_ledger_no_truncate') AND to_regclass('rekey_lease') IS NOT NULL"
)


def unusable(reason: str) -> LedgerError:
    """The error for a database that does not do what it is asked. ``reason`` is a class name: texts hold the URL."""
    error = LedgerError(
        f"The ledger cannot be read or written ({reason}).",
        "Check that its database runs, is writable and has space; REKEY_LEDGER_URL says where it is.",
    )
    error.transient = True
    return error


def engine_for(url: SecretStr) -> Engine:
    """An engine without a pool: a step writes a row or two, and a paused run must not hold a connection for an hour.

    Makes the folder of a new SQLite file, for its owner only. Raises LedgerError, which never shows the URL.
    """
    engine: Engine | None = None
    problem = ""
    try:
        parsed = make_url(url.get_secret_value())
        _make_folder(parsed)
        engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError):
        problem = "no URL"
    except OSError as error:
        problem = type(error).__name__
    if problem == "no URL":
        raise LedgerError(
            "REKEY_LEDGER_URL is not a database URL.", "Write sqlite:///PATH or postgresql+psycopg://... there."
        )
    if engine is None:
        raise unusable(problem)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction. Raises LedgerError for whatever the database has against it."""
    reason = ""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        # Only the driver's class: the text may hold the URL with its password.
        reason = type(error.orig if hasattr(error, "orig") and error.orig else error).__name__
    if reason:
        raise unusable(reason)


def create(connection: Connection) -> None:
    """Make table and triggers unless they are there. Whoever may only read and insert can open a ledger that is."""
    if connection.dialect.name == "sqlite":
        _make(connection, _SQLITE_TRIGGERS)
    elif connection.exec_driver_sql(_POSTGRESQL_IS_COMPLETE).scalar_one() < 2:
        # One at a time: PostgreSQL refuses what two make at the same moment ("tuple concurrently updated").
        connection.exec_driver_sql(_LOCK)
        _make(connection, _POSTGRESQL_TRIGGERS)


def lock(connection: Connection) -> None:
    """Keep every other writer out until this transaction ends, before the newest row is read."""
    # SQLite's transactions begin so (see _sqlite_begin).
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK)


def _make_folder(url: URL) -> None:
    # "file:" begins a URI, whose folder is the business of whoever wrote it.
    path = url.database if url.get_backend_name() == "sqlite" else None
    if path and path != ":memory:" and not path.startswith("file:"):
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _make(connection: Connection, triggers: list[str]) -> None:
    _metadata.create_all(connection)
    for statement in triggers:
        connection.exec_driver_sql(statement)


def _sqlite_connected(connection: Any, _: Any) -> None:
    # Python's driver would begin a read transaction by itself and fail to upgrade it under concurrency.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_S * 1000}")


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
