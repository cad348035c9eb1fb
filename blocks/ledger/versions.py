"""The shape of the ledger's tables, by number: what a database has, what this rekey knows, and how one gets to it.

Forward only: rows are never changed, so no shape takes anything away. A ledger of an older shape is read and written as
it is; one of a newer shape is refused, because nobody here knows what its rows would lack.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, func, inspect, select

from blocks.errors import LedgerError
from blocks.ledger.database import LOCK_WAIT_S, lock, table, transaction, versions

# 1: rows and leases. 2: the indexes by action, and this number itself.
FIRST, NEWEST = 1, 2


def version_of(connection: Connection) -> int:
    """The shape of this database's ledger: 1 before there was a number. Raises SQLAlchemy's errors."""
    if not inspect(connection).has_table(versions.name):
        return FIRST
    return int(connection.execute(select(func.max(versions.c.version))).scalar() or FIRST)


def demand_known(connection: Connection) -> None:
    """Raise LedgerError for a ledger that a newer rekey made or migrated."""
    found = version_of(connection)
    if found > NEWEST:
        raise LedgerError(
            f"The ledger has version {found}; this rekey knows {NEWEST} and older ones.",
            "Upgrade rekey on this machine to what the other workers have.",
        )


def note(connection: Connection) -> None:
    """Say that the ledger has the newest shape, where that is not said yet. For whoever has just given it that."""
    if version_of(connection) == NEWEST:
        return
    if connection.dialect.name == "postgresql":
        # A worker's account may have been given the rows and the leases alone.
        connection.exec_driver_sql(f"GRANT SELECT ON {versions.name} TO PUBLIC")
    connection.execute(versions.insert().values(version=NEWEST, at=datetime.now(UTC).isoformat()))


def migrate(engine: Engine) -> tuple[int, int]:
    """Give the ledger the newest shape; return the version before and now. Nothing is done where it has that.

    Needs the rights of the tables' owner. Raises LedgerError, also for a version that is newer than what rekey knows.
    """
    with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            # Who migrates waits, and never a rotation behind it.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'")
        lock(connection)
        demand_known(connection)
        before = version_of(connection)
        if before < NEWEST:
            for index in table.indexes:
                index.create(connection, checkfirst=True)
            versions.create(connection, checkfirst=True)
            note(connection)
    return before, NEWEST
