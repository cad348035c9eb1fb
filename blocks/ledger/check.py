"""What the ledger alone can show: a whole chain, its guards, and the row of a hash that somebody kept. Asks nobody."""

from __future__ import annotations

from collections.abc import Sequence

from blocks.errors import LedgerError
from blocks.ledger.chain import Head
from blocks.ledger.ledger import Ledger

_RESTORE = (
    "Find out who wrote to its database, and restore it from the newest backup. Are rows lost for good: say so in the "
    "catalog, [ledger] heads_since (docs/explanation/ledger.md)."
)


def whole(ledger: Ledger, heads: Sequence[Head] = ()) -> str:
    """The chain is whole and holds these heads; one sentence that says so. Raises LedgerError."""
    broken = ledger.verify(heads)
    if broken is not None:
        raise LedgerError(f"The ledger's chain is broken at row {broken.sequence}: {broken.reason}.", _RESTORE)
    head = ledger.head()
    return f"The ledger's chain is whole: {head.sequence} rows, head {head.hash}."


def demand_guards(ledger: Ledger) -> None:
    """Its triggers are there, and its file is for its owner only. Raises LedgerError."""
    unguarded = ledger.unguarded()
    if unguarded:
        raise LedgerError(
            " ".join(unguarded),
            "Find out who did that and what they wrote; then `rekey ledger protect --operator NAME` mends it.",
        )


def row_of(ledger: Ledger, beginning: str) -> str:
    """Which row has the hash that begins so. Raises LedgerError when none does, and says what that means."""
    row = ledger.row_of(beginning)
    if row is not None:
        return f"{beginning} is row {row}."
    raise LedgerError(
        f"No row of the ledger has the hash {beginning}: rows were cut off, the chain was computed anew, or this is an "
        f"older copy or another ledger (it ends at row {ledger.head().sequence}).",
        _RESTORE,
    )
