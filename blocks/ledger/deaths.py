"""What the ledger says of pairs that died outside of their own rotation.

Somebody regenerated another credential's keys than the one that was meant, or the pair died by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from blocks.ledger.facts import Facts
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.rotation import Snapshot

# Of whose pair a false alarm was: the field in the row that takes it back.
REVIVED = "revived"
_OF_A_DEATH = (Action.MISROTATION, Action.DIED, Action.RECOVERED, Action.WITHDRAWN)


def unsettled(ledger: Ledger, credential: str) -> list[Row]:
    """What killed this credential's pair since it was last rotated, oldest first: mis-rotations, and sudden deaths.

    A rotation that was given up in between settles nothing: the pair that was put aside waits still. A pair that lives
    again settles what was told before, unless another one was put aside: then it was regenerated, whatever it says.
    """
    rotated = ledger.newest(credential=credential, actions=(Action.COMPLETED,))
    found: list[Row] = []
    for row in ledger.rows(actions=_OF_A_DEATH, after=rotated.sequence if rotated else 0):
        if row.action in {Action.MISROTATION, Action.DIED} and row.facts.killed == credential:
            found.append(row)
        elif _revives(row, credential) and not staged(found):
            found = []
    return found


def _revives(row: Row, credential: str) -> bool:
    if row.action is Action.RECOVERED:
        return row.credential == credential
    return row.action is Action.WITHDRAWN and row.facts.revived == credential


def staged(rows: Sequence[Row]) -> Facts | None:
    """The newest of them whose pair was typed, and so is staged for the credential."""
    return next((row.facts for row in reversed(rows) if row.facts.fingerprint), None)


def first_alarm(rows: Sequence[Row]) -> Row | None:
    """The first that is about the pair that is dead now: one that died by itself lived before that."""
    deaths = [row.facts.dead for row in rows if row.action is Action.DIED]
    return next((row for row in rows if not deaths or row.facts.dead == deaths[-1]), None)


def snapshot(rows: Sequence[Row]) -> Snapshot | None:
    """The account as it was before its pair died, if rekey had seen it."""
    known = next((row.facts.before for row in rows if row.facts.before), None)
    return Snapshot.from_context(known) if known else None
