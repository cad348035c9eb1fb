"""Whether a rotation is held, since when, and who has to act: the same for health, the matrix and `rekey status`."""

from __future__ import annotations

from collections.abc import Sequence

from blocks.ledger import history
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.ledger.trading import clock
from blocks.model.credential import Credential
from blocks.model.step import Step

MARK = "held since"


def row_of(rows: Sequence[Row]) -> Row | None:
    """The newest row that holds the rotation of these rows; None when a step was done since."""
    for row in reversed(rows):
        if row.action is Action.HELD:
            return row
        # The choice in its form is recorded too; only a step that was done says that it went on.
        if row.facts.is_done and row.facts.step != Step.HOLD:
            return None
    return None


def who_acts(credential: Credential, known: History) -> str:
    """Whom its forms wait for: whoever took them, or the role."""
    return f"{known.taken.facts.taker} (who took it)" if known.taken else f"role {credential.role}"


def mark_of(credential: Credential, ledger: Ledger) -> str:
    """That its unfinished rotation is held, in half a sentence; empty when it is not. Raises LedgerError."""
    start = ledger.open_start(credential.name)
    known = history.of(ledger, start.rotation) if start else History()
    row = row_of(known.rows)
    return f"{MARK} {clock(row.at)}: {who_acts(credential, known)} must act" if row else ""
