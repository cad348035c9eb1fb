"""Whose fault a form is, when one rotation carries several: told by the ledger and by which faults struck meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from blocks.prefect_api.recording import DONE, FAILED
from tests.faults.calls import STEPS, is_returned
from tests.faults.cell import ASKED, OUTCOMES, REFUSED, WENT_ON, Cell, Result
from tests.faults.faults import NEVER, FaultInStep


class AmbiguousError(AssertionError):
    """Which of the faults it was cannot be said: then each of the cells is played alone."""


@dataclass(slots=True)
class Trial:
    """A cell that is being played."""

    cell: Cell
    fault: FaultInStep
    result: Result = field(default_factory=Result)
    # The second of preflight is not, when the first one did not keep the rotation from beginning.
    is_set: bool = False

    @property
    def step(self) -> int:
        """Its step's place in the order."""
        return self.cell.call.number


class Suspects:
    """The cells of one rotation. One that is alone is always the one, and has to answer for every form."""

    def __init__(self, trials: Sequence[Trial], ledger: Ledger) -> None:
        self.trials = trials
        self._ledger = ledger
        self._furthest = -1
        # When the fault of the cell that is alone was removed, and when its form for the pair came back last.
        self._removed = self._returned = NEVER

    def blame(self, outcome: str) -> Trial:
        """The one cell for whose fault the rotation refused or shows a form; raises AmbiguousError."""
        if len(self.trials) == 1:
            found = self.trials[0]
            found.result.violations += self._not_due_to(found, outcome)
        else:
            found = self._refusing() if outcome == REFUSED else self._failing()
            if found.result.outcome != WENT_ON:
                raise AmbiguousError(f"{outcome}, and {found.cell} was settled before")
        found.result.outcome = max(found.result.outcome, outcome, key=OUTCOMES.index)
        return found

    def _not_due_to(self, alone: Trial, outcome: str) -> list[str]:
        """What comes although the fault did not strike yet, or is gone, is no answer to it.

        But for the form for the pair: one that was judged while the fault was there may come back after it.
        """
        now, before = datetime.now(UTC), self._returned
        if outcome == ASKED:
            self._returned = now
        if alone.result.outcome == WENT_ON:
            self._removed = now
            return [] if alone.fault.struck else [f"{outcome}, and the fault had not struck yet"]
        judged = (row.at for row in self._ledger.rows() if is_returned(row))
        if outcome == ASKED and any(before < at < self._removed for at in judged):
            return []
        return [f"{outcome}, although its fault was removed before"]

    def _refusing(self) -> Trial:
        found = [one for one in self.trials if one.fault.struck and one.result.outcome == WENT_ON]
        if len(found) != 1 or found[0].step:
            raise AmbiguousError(f"refused, by {_listed(found)}")
        return found[0]

    def _failing(self) -> Trial:
        step, since = self._failed_step()
        found = [one for one in self.trials if one.fault.last_struck > since]
        if len(found) != 1:
            raise AmbiguousError(f"{STEPS[step]} failed, by {_listed(found)}")
        # What did not fail its own step is met again only where the rotation was not yet: a held one begins anew.
        if found[0].step != step and step <= self._furthest:
            raise AmbiguousError(f"{STEPS[step]} failed after another form, by {_listed(found)}")
        late = [one for one in self.trials if one.is_set and one.step < step and not one.fault.struck]
        if late:
            raise AmbiguousError(f"{STEPS[step]} failed, and these struck nothing yet: {_listed(late)}")
        self._furthest = max(self._furthest, step)
        return found[0]

    def _failed_step(self) -> tuple[int, datetime]:
        """The step that did not get through last, and when the one before it was over.

        A step that fails before it has anything to record (propagate reads the vault first) leaves no row: then it is
        the one after the newest that is done.
        """
        rows = [row for row in self._ledger.rows() if row.context.get("outcome") in {DONE, FAILED}]
        back = next((row for row in reversed(rows) if _came_back(row)), None)
        over = [row for row in rows if not _came_back(row)]
        newest = next(reversed(over), None)
        # Consumers are written to at once: one may be done after another one failed in the same step.
        if back is not None and (
            newest is None or back.at > newest.at or back.context["step"] == newest.context["step"]
        ):
            name = str(back.context["step"])
            return STEPS.index(name), max((row.at for row in over if row.context["step"] != name), default=NEVER)
        if newest is None or newest.context["step"] not in STEPS[:-1]:
            raise AmbiguousError("a form, and the ledger does not say of which step")
        return STEPS.index(str(newest.context["step"])) + 1, newest.at


def _came_back(row: Row) -> bool:
    return row.context["outcome"] == FAILED or is_returned(row)


def _listed(trials: Sequence[Trial]) -> str:
    return ", ".join(str(one.cell) for one in trials) or "none of them"
