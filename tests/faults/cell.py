"""One cell of the grid: one call fails in one way during a live rotation, and an operator who answers every form."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from blocks.secret import Pair
from deployments import proof
from tests.faults import invariants
from tests.faults.calls import Call
from tests.faults.faults import FaultInStep, fault_of
from tests.operator import Operator, wait_until

LIVE = "alpaca-live"
RETRY = "retry this step"
READ_TIMEOUT_S = 0.5
MOST_FORMS = 12
# The form waits while the lookout beside it asks for the first time.
LOOKOUT = "await_human_input"

WENT_ON = "went on by itself"
ASKED = "the form came back"
HELD = "held and went on"
REFUSED = "refused before anything was paused"
OUTCOMES = (WENT_ON, ASKED, HELD, REFUSED)


@dataclass(frozen=True, slots=True)
class Cell:
    """Which call fails, how, and for how long."""

    call: Call
    fault: str
    length: str

    def __str__(self) -> str:
        """As ``--only`` matches it."""
        return f"{self.call} | {self.fault} | {self.length}"


@dataclass(slots=True)
class Result:
    """What became of it."""

    outcome: str
    seconds: float
    told: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class _Person:
    """Answers every form; in a form that is due to the fault, clears the fault first."""

    def __init__(self, fault: FaultInStep) -> None:
        self.fault = fault
        self.held: list[str] = []
        self.pair_forms = 0
        self.violations: list[str] = []

    def answer(self, operator: Operator) -> Pair | None:
        """Whichever form is shown."""
        assert operator.form is not None
        fields = operator.form.fields
        if "key_id" in fields:
            return self._pair(operator)
        if "choice" not in fields:
            operator.be_ready()
            return None
        self.held.append(operator.form.description)
        self.violations += invariants.while_held(operator.estate, operator.form.description)
        operator.estate.server.plan.clear()
        operator.choose(RETRY)
        return None

    def _pair(self, operator: Operator) -> Pair:
        self.pair_forms += 1
        if self.pair_forms > 1:
            operator.estate.server.plan.clear()
        elif self.fault.step == LOOKOUT:
            wait_until(lambda: self.fault.struck > 0, description="the lookout meets the fault")
        return operator.regenerate_live()


def play(cell: Cell, operator: Operator) -> Result:
    """Rotate with that fault, and say how it went and which promise was broken."""
    estate, ledger = operator.estate, operator.ledger
    if cell.fault == "hang":
        operator.lose_patience(READ_TIMEOUT_S)
    before = proof.observe(estate, "live")
    fault = fault_of(cell.call, cell.fault, cell.length, ledger)
    estate.server.plan.add(fault)
    person = _Person(fault)
    began = time.monotonic()
    told: list[str] = []
    violations: list[str] = []
    outcome = operator.rotate(*[person.answer] * MOST_FORMS, credential=LIVE)
    refused = outcome.state.is_failed()
    if refused:
        told.append(str(outcome.state.result(raise_on_failure=False)))
        violations += invariants.when_refused(estate, ledger)
        estate.server.plan.clear()
        outcome = operator.rotate(*[person.answer] * MOST_FORMS, credential=LIVE)
    seconds = time.monotonic() - began
    if not outcome.state.is_completed():
        violations.append(f"the rotation ended {outcome.state.name}: {outcome.message}")
    if not fault.struck:
        violations.append("the fault never struck, so this cell proves nothing")
    told += [invariants.reason_in(text) for text in person.held]
    violations += person.violations
    violations += [one for text in told for one in invariants.sentence(cell.call.vendor, text)]
    violations += invariants.afterwards(before, estate, ledger)
    return Result(_outcome(person, refused=refused), round(seconds, 1), told, violations)


def _outcome(person: _Person, *, refused: bool) -> str:
    if refused:
        return REFUSED
    if person.held:
        return HELD
    return ASKED if person.pair_forms > 1 else WENT_ON
