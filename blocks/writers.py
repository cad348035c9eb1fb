"""Who else writes to a place that rekey writes to, as far as the place itself shows it."""

from __future__ import annotations

from dataclasses import dataclass

from blocks.errors import StepError


@dataclass(frozen=True, slots=True)
class Writers:
    """``certain`` will put something else in the place of what rekey writes; ``possible`` may, each a sentence.

    ``not_looked_at`` says what could not be looked at, and why.
    """

    certain: tuple[StepError, ...] = ()
    possible: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What stops nothing, in sentences; empty where there is nothing."""
        unseen = f"Not looked at: {' and '.join(self.not_looked_at)}." if self.not_looked_at else ""
        return " ".join([*self.possible, *([unseen] if unseen else [])])

    def demand_none(self) -> None:
        """Raise one StepError for all that are certain, so that nobody finds the next one only after the first."""
        if self.certain:
            problems, remedies = [one.problem for one in self.certain], [one.remedy for one in self.certain]
            raise StepError(" ".join(problems), " ".join(remedies))


NOBODY = Writers()
