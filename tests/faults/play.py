"""One live rotation with one fault or more on its way, and an operator who answers every form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blocks.issuers.alpaca.pair import Pair
from deployments.rehearsal import proof
from tests.faults import alone, invariants
from tests.faults.cell import ASKED, HELD, REFUSED, WENT_ON, Cell, Result
from tests.faults.faults import LASTING, fault_of
from tests.faults.suspects import Suspects, Trial
from tests.operator import Operator, Outcome
from tests.waiting import wait_until

LIVE = "alpaca-live"
RETRY = "retry this step"
READ_TIMEOUT_S = 0.5
MOST_FORMS = 20
# The form waits while the lookout beside it asks for the first time.
LOOKOUT = "await_human_input"
Play = Callable[[Sequence[Cell]], list[Result | None]]


class _Person:
    """Answers every form; in one that is due to a fault, removes that fault first."""

    def __init__(self, suspects: Suspects) -> None:
        self.suspects = suspects
        # What is wrong whichever fault it is due to.
        self.violations: list[str] = []
        self._readiness_forms = 0
        self._pair_forms = 0

    def answer(self, operator: Operator) -> Pair | None:
        """Whichever form is shown."""
        assert operator.form is not None
        fields = operator.form.fields
        if "key_id" in fields:
            return self._pair(operator)
        if "choice" not in fields:
            self._be_ready(operator)
            return None
        guilty = self.mend(operator, HELD)
        description = operator.form.description
        guilty.result.told.append(invariants.reason_in(description))
        guilty.result.violations += invariants.while_held(operator.estate, description)
        operator.choose(RETRY)
        return None

    def mend(self, operator: Operator, outcome: str) -> Trial:
        """Remove the fault that it is, and no other."""
        guilty = self.suspects.blame(outcome)
        operator.estate.server.plan.remove(guilty.fault)
        return guilty

    def _be_ready(self, operator: Operator) -> None:
        self._readiness_forms += 1
        if self._readiness_forms > 1:
            self.violations.append("the operator, who said to be ready before, was asked again")
        operator.be_ready()

    def _pair(self, operator: Operator) -> Pair:
        assert operator.form is not None
        self._pair_forms += 1
        self.violations += invariants.while_link_is_shown(operator.estate)
        if self._pair_forms > 1:
            guilty = self.mend(operator, ASKED)
            guilty.result.told.append(invariants.problem_in(operator.form.description))
        watched = [one.fault for one in self.suspects.trials if one.cell.call.step == LOOKOUT]
        wait_until(lambda: all(fault.struck > 0 for fault in watched), description="the lookout meets the fault")
        return operator.regenerate_live()


def play(cells: Sequence[Cell], operator: Operator) -> list[Result | None]:
    """Rotate with these faults, and say of each cell how it went and which promise was broken.

    None for a cell whose turn did not come: its fault was never set. Raises AmbiguousError when it cannot be said which
    of several cells a form is due to.
    """
    estate, ledger = operator.estate, operator.ledger
    if any(cell.fault == "hang" for cell in cells):
        operator.lose_patience(READ_TIMEOUT_S)
    before = proof.observe(estate, "live")
    trials = [Trial(cell, fault_of(cell.call, cell.fault, cell.length, ledger)) for cell in cells]
    for trial in trials:
        if trial.step:
            _set(trial, operator)
    person = _Person(Suspects(trials, ledger))
    outcome = _rotated(operator, person)
    common = [*person.violations, *invariants.afterwards(before, estate, ledger, invariants.paused_at(ledger))]
    if not outcome.state.is_completed():
        common.append(f"the rotation ended {outcome.state.name}: {outcome.message}")
    return [_result(trial, common, len(cells)) if trial.is_set else None for trial in trials]


def each_settled(cells: Sequence[Cell], play_them: Play) -> list[Result]:
    """Play them in one rotation; when anything about it is unclear or broken, each of them in one of its own.

    So what several cells share can neither hide a broken promise nor invent one.
    """
    if len(cells) > 1:
        try:
            together = play_them(cells)
        except Exception:  # noqa: BLE001  # whatever it is, it is looked at in each cell alone
            together = []
        if together and not any(result.violations for result in together if result):
            return [result or _alone(cell, play_them) for cell, result in zip(cells, together, strict=True)]
    return [_alone(cell, play_them) for cell in cells]


def _alone(cell: Cell, play_them: Play) -> Result:
    try:
        (result,) = play_them([cell])
        assert result is not None
    except Exception as problem:  # noqa: BLE001  # a cell whose rotation cannot be played is broken
        # As an AssertionError: the person was shown something that nobody expects, or a secret was found somewhere.
        told = str(problem).splitlines()[0] if isinstance(problem, AssertionError) else type(problem).__name__
        return Result(HELD, violations=[told])
    return result


def _rotated(operator: Operator, person: _Person) -> Outcome:
    """Rotate; a rotation that refuses to begin is started again without that fault, and with the next of preflight."""
    answers = [person.answer] * MOST_FORMS
    waiting = [one for one in person.suspects.trials if not one.step]
    for trial in waiting[:1]:
        _set(trial, operator)
    outcome = operator.rotate(*answers, credential=LIVE)
    for number in range(1, max(len(waiting), 1) + 1):
        if not outcome.state.is_failed():
            break
        _told_refusal(person.mend(operator, REFUSED), operator, outcome)
        for trial in waiting[number : number + 1]:
            _set(trial, operator)
        outcome = operator.rotate(*answers, credential=LIVE)
    return outcome


def _set(trial: Trial, operator: Operator) -> None:
    operator.estate.server.plan.add(trial.fault)
    trial.is_set = True


def _told_refusal(guilty: Trial, operator: Operator, outcome: Outcome) -> None:
    guilty.result.told.append(str(outcome.state.result(raise_on_failure=False)))
    guilty.result.violations += invariants.when_refused(operator.estate, operator.ledger)


def _result(trial: Trial, common: list[str], shared: int) -> Result:
    result = trial.result
    result.shared = shared
    if not trial.fault.struck:
        result.violations.append("the fault never struck, so this cell proves nothing")
    if result.outcome == WENT_ON and trial.cell.length == LASTING and not alone.may_go_on(trial.cell):
        result.violations.append("it lasts, and nobody was asked to mend it")
    vendor = trial.cell.call.vendor
    result.violations += [one for text in result.told for one in invariants.sentence(vendor, text)]
    result.violations += common
    return result
