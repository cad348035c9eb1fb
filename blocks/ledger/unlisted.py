"""Open rotations whose credential the catalog does not name: its entry was renamed, or taken out.

What the ledger has open is open, whatever a catalog says. But without the entry nobody knows which brakes there are.
"""

from __future__ import annotations

from collections.abc import Collection

from blocks.ledger import deaths, history, trading
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row

PROBLEM = "its rotation is open, and the catalog has no entry of that name"
HELPS = (
    "Put the entry back into the catalog under that name, then start the rotation again: it goes on where it stood. "
    "Rename or remove an entry only once its rotation has ended. Until then no brake of it is engaged or released, "
    "because the entry alone says which there are: look by hand whether it trades."
)


def starts(ledger: Ledger, names: Collection[str]) -> list[Row]:
    """The newest start of each open rotation of a credential that is none of these. Raises LedgerError."""
    return [row for row in ledger.open_starts() if row.credential not in names]


def stands(ledger: Ledger, start: Row) -> str:
    """Whether trading is stopped: what was proved once, nobody looks after now. Raises LedgerError."""
    known = history.of(ledger, start.rotation)
    told = trading.by_the_ledger(known, deaths.unsettled(ledger, start.credential)).replace("**", "")
    if told == trading.NOT_STOPPED:
        return told
    return f"unknown, because nobody looks after its brakes; the last that the ledger has is: {told}"
