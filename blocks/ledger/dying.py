"""The old pairs that are kept until their death is proved, as the ledger has them: each with the date of its death.

Their rotations are over. What watch hears of each one since is in rows of the same rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from blocks.ledger.facts import DEAD
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.ledger.trading import clock

# What its issuer said of a kept pair, beside DEAD.
ACCEPTED, UNKNOWN, REFUSED, UNENDED = "accepted", "unknown", "refused", "not ended"
_ACTIONS = (Action.OLD_KEPT, Action.OLD_ASKED, Action.OLD_DIED, Action.OLD_LOST)
# Before its date one that dies by the clock is asked so often: should somebody have ended it, it is kept no longer.
# So is one whose end can be taken back: should somebody do that, it is told.
NOW_AND_THEN = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Dying:
    """One kept pair: the row by which it began, and what was said of it since, oldest first."""

    kept: Row
    said: Sequence[Row] = field(default=())

    @property
    def mark(self) -> str:
        """Its fingerprint."""
        return self.kept.facts.old

    @property
    def window(self) -> timedelta:
        """How long after its end it may be accepted now and then."""
        return timedelta(seconds=self.kept.facts.old_window_s)

    @property
    def is_reversible(self) -> bool:
        """Whether its end can be taken back until its date: after that it is ended for good."""
        return self.kept.facts.old_reversible

    @property
    def is_back(self) -> bool:
        """Whether somebody took its end back, as far as that was heard."""
        return self.back_since is not None

    @property
    def back_since(self) -> datetime | None:
        """When that was heard first; None while it is refused."""
        refused = self.heard(REFUSED)
        back = [at for at in self.heard(ACCEPTED) if not refused or at > refused[-1]]
        return back[0] if back and self.is_reversible else None

    @property
    def date(self) -> datetime:
        """From when on it has to be dead."""
        return datetime.fromisoformat(self.kept.facts.old_dies_at)

    @property
    def due(self) -> datetime:
        """When its death can be proved: an acceptance in the window begins that anew."""
        return max([self.date, *(at + self.window for at in self.heard(ACCEPTED) if self.window)])

    @property
    def is_proved(self) -> bool:
        """Whether it was proved dead, and what is left is to delete it."""
        return bool(self.heard(DEAD))

    @property
    def may_open(self) -> bool:
        """Whether whoever knows it may open something with it: its death is not proved, nor its end that lasts."""
        return not self.is_proved and (self.is_back or not self.is_reversible)

    def heard(self, answer: str) -> list[datetime]:
        """When this was said of it, as far as that was written down, oldest first."""
        said = (row.facts for row in self.said)
        return [datetime.fromisoformat(one.old_asked_at) for one in said if one.old_answer == answer]

    def heard_since(self, answer: str) -> list[datetime]:
        """When this was said of it after its date: before that it may live."""
        return [at for at in self.heard(answer) if at >= self.date]

    def is_to_be_asked(self, now: datetime) -> bool:
        """Whether watch, which looks once a minute, asks now."""
        is_open = bool(self.window) and not self.is_reversible
        return now >= self.due or is_open or (now - self.kept.at) % NOW_AND_THEN < MINUTE

    @property
    def mark_told(self) -> str:
        """By when it is over with it, in few words."""
        return f"{'ends for good' if self.is_reversible else 'dies'} by {clock(self.due)}"

    def told(self) -> str:
        """When it dies, in half a sentence, and that nobody has seen it yet; or how its end is taken back."""
        if not self.is_reversible:
            return f"{self.mark_told}, which is not proved yet"
        if self.is_back:
            return "was taken back: it is accepted, and not ended for good"
        way_back = self.kept.facts.old_way_back
        back = f"; to take its end back before then, {way_back}" if way_back else ""
        return f"is refused, and {self.mark_told}{back}"


def all_of(ledger: Ledger, credential: str) -> list[Dying]:
    """The kept pairs of this credential, oldest first. Raises LedgerError."""
    found: dict[str, Dying] = {}
    for row in ledger.rows(credential=credential, actions=_ACTIONS):
        mark = row.facts.old
        if row.action is Action.OLD_KEPT:
            found[mark] = Dying(row)
        elif row.action is Action.OLD_ASKED and mark in found:
            found[mark] = replace(found[mark], said=(*found[mark].said, row))
        else:
            found.pop(mark, None)
    return list(found.values())


def of(ledger: Ledger, credential: str, mark: str) -> Dying | None:
    """The kept pair with this fingerprint; None without one. Raises LedgerError."""
    return next((one for one in all_of(ledger, credential) if one.mark == mark), None)
