"""What runs counted for a monitoring system, added up over all processes: requests of vendors, alarms.

Kept beside the leases, as the heartbeat is: it is no record, and only grows. A run writes it down once a minute and at
its end, so one that is killed loses at most what it counted since.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pydantic import SecretStr
from sqlalchemy import select, update

from blocks import tally
from blocks.errors import LedgerError
from blocks.ledger.database import engine_for, leases, lock, transaction
from blocks.ledger.schema import create
from blocks.tally import Key

# No credential's name holds a bracket.
_BEGIN = '["count"'
# The column takes 128: of a longer name or host the end tells it from others. What JSON would escape is left out.
_LONGEST = 44
_ESCAPED = re.compile(r"[^\w .:/-]")


def keep(url: SecretStr) -> None:
    """Add what this process counted. Raises LedgerError: then it is counted still, and added the next time."""
    taken = tally.take()
    if not taken:
        return
    try:
        _add(url, taken)
    except LedgerError:
        tally.put_back(taken)
        raise


def all_of(url: SecretStr) -> dict[Key, int]:
    """Each count since the ledger was made. Raises LedgerError."""
    engine = engine_for(url)
    create(engine)
    with transaction(engine, reading=True) as connection:
        is_count = leases.c.credential.startswith(_BEGIN, autoescape=True)
        rows = connection.execute(select(leases.c.credential, leases.c.beat).where(is_count)).all()
    return {tuple(json.loads(row.credential)[1:]): row.beat for row in rows}


def _add(url: SecretStr, taken: Mapping[Key, int]) -> None:
    engine = engine_for(url)
    create(engine)
    with transaction(engine) as connection:
        lock(connection)
        for key, number in sorted(taken.items()):
            name = _named(key)
            more = update(leases).where(leases.c.credential == name).values(beat=leases.c.beat + number)
            if not connection.execute(more).rowcount:
                values = {"credential": name, "holder": "", "flow_run_id": "", "renewed_at": ""}
                connection.execute(leases.insert().values(**values, beat=number))


def _named(key: Key) -> str:
    shown = [_ESCAPED.sub("", one)[-_LONGEST:] for one in key]
    return json.dumps(["count", *shown], ensure_ascii=False, separators=(",", ":"))
