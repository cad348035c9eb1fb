"""When something that runs again and again ended well last, for whoever looks whether it still does.

Kept beside the leases: it is no record, and is overwritten each time.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import SecretStr
from sqlalchemy import Engine, delete, select

from blocks.ledger.database import engine_for, leases, lock, transaction
from blocks.ledger.schema import create

WATCH = "watch"
# An examination of one credential by health.
EXAMINED = "health {name}"
# No credential's name holds a space.
_KEY = "{name} ended well"


def beat(url: SecretStr, name: str, run_id: str) -> None:
    """It ended well now. Raises LedgerError."""
    engine, key = engine_for(url), _KEY.format(name=name)
    create(engine)
    with transaction(engine) as connection:
        lock(connection)
        connection.execute(delete(leases).where(leases.c.credential == key))
        at = datetime.now(UTC).isoformat()
        connection.execute(leases.insert().values(credential=key, holder="", flow_run_id=run_id, beat=0, renewed_at=at))


def last(url: SecretStr, name: str) -> datetime | None:
    """When it ended well last, by the clock of whoever did it; None when it never did. Raises LedgerError."""
    engine = engine_for(url)
    create(engine)
    return last_in(engine, name)


def last_in(engine: Engine, name: str) -> datetime | None:
    """When it ended well last, in the ledger of this engine. Raises LedgerError."""
    with transaction(engine, reading=True) as connection:
        query = select(leases.c.renewed_at).where(leases.c.credential == _KEY.format(name=name))
        found = connection.execute(query).scalar()
    return datetime.fromisoformat(found) if found else None
