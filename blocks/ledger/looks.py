"""Who asked last whether a current pair lives, and what was heard: so that runs that wait do not all ask the same.

Kept beside the leases, as the heartbeat is: it is no record, has no holder, and is overwritten each time. Each look is
counted, and no clock is compared with another one: it is news for a run when it was counted since that run looked last.
Who begins a look and falls silent leaves one without an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import Connection, select, update

from blocks.answer import Answer
from blocks.ledger.database import engine_for, leases, lock, transaction
from blocks.ledger.schema import create

# No credential's name holds a space.
_KEY = "looked at {name}"


@dataclass(frozen=True, slots=True)
class Look:
    """The newest look at one credential's pair; ``answer`` is None while that is waited for."""

    beat: int
    fingerprint: str
    answer: Answer | None


def seen(url: SecretStr, names: Iterable[str]) -> dict[str, Look]:
    """The newest look at each of these credentials that anybody looked at. Raises LedgerError."""
    engine = engine_for(url)
    create(engine)
    with transaction(engine, reading=True) as connection:
        return _found(connection, names)


def begin(url: SecretStr, before: Mapping[str, Look | None]) -> dict[str, int]:
    """Say that these are asked now; the count of each at which nobody else began since ``before``. LedgerError."""
    engine = engine_for(url)
    create(engine)
    with transaction(engine) as connection:
        lock(connection)
        now = _found(connection, before)
        free = [name for name, look in before.items() if now.get(name) == look]
        return {name: _begun(connection, name, now.get(name)) for name in free}


def tell(url: SecretStr, heard: Mapping[str, Look]) -> None:
    """What the looks that were begun have heard; of one that somebody else began anew nothing. Raises LedgerError."""
    with transaction(engine_for(url)) as connection:
        for name, look in heard.items():
            mine = (leases.c.credential == _KEY.format(name=name), leases.c.beat == look.beat)
            told = "" if look.answer is None else f"{look.answer.value} {look.fingerprint}"
            connection.execute(update(leases).where(*mine).values(flow_run_id=told))


def _begun(connection: Connection, name: str, before: Look | None) -> int:
    key = _KEY.format(name=name)
    if before is None:
        values = {"credential": key, "holder": "", "flow_run_id": "", "renewed_at": ""}
        connection.execute(leases.insert().values(**values, beat=0))
        return 0
    connection.execute(update(leases).where(leases.c.credential == key).values(beat=before.beat + 1, flow_run_id=""))
    return before.beat + 1


def _found(connection: Connection, names: Iterable[str]) -> dict[str, Look]:
    keys = {_KEY.format(name=name): name for name in names}
    rows = connection.execute(select(leases).where(leases.c.credential.in_(keys))).all()
    return {keys[row.credential]: _look(row.beat, row.flow_run_id) for row in rows}


def _look(beat: int, told: str) -> Look:
    answer, _, fingerprint = told.partition(" ")
    return Look(beat, fingerprint, Answer(answer) if answer else None)
