"""Which workers' clocks are wrong, as watch noted it last: no lease and no proof depends on them, but dates do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action
from blocks.model.step import Step

DIFFER = timedelta(minutes=1)
# One that differs by about as much would be told again and again; Prefect tells whole seconds.
RIGHT_AGAIN = timedelta(seconds=50)
HELPS = "Set both by NTP: ages, due dates and what is late depend on them. No lease and no proof of a rotation does."


@dataclass(frozen=True, slots=True)
class Noted:
    """How far the clock of a worker's machine was from that of Prefect's server; ``at`` is by that very clock."""

    machine: str
    ahead: timedelta
    at: datetime

    @property
    def is_wrong(self) -> bool:
        """Whether it differs by more than people have to bear."""
        return abs(self.ahead) > DIFFER

    def __str__(self) -> str:
        """In a sentence."""
        return f"The clock of the worker on {self.machine} is {differs(self.ahead)} that of Prefect's server."


def differs(ahead: timedelta) -> str:
    """How far, and in which direction."""
    return f"{abs(ahead.total_seconds()):.0f} s {'ahead of' if ahead > timedelta(0) else 'behind'}"


def noted(ledger: Ledger) -> dict[str, Noted]:
    """What was noted last of each machine. Raises LedgerError."""
    rows = ledger.rows(rotation="", credential=SHARED, actions=(Action.STEP,))
    found = [row for row in rows if row.facts.step == Step.CLOCKS and row.facts.ahead_s is not None]
    return {
        row.facts.machine: Noted(row.facts.machine, timedelta(seconds=row.facts.ahead_s or 0.0), row.at)
        for row in found
    }


def wrong(ledger: Ledger) -> list[Noted]:
    """Those that are wrong as far as is known. Raises LedgerError."""
    return [one for one in noted(ledger).values() if one.is_wrong]
