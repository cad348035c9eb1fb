"""A form that waits, and that no operator may answer any more, is found: people are removed while it waits."""

from __future__ import annotations

import pytest

from blocks.ledger import history
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.operators import enrolment, waits
from tests.operators.conftest import SITE, TERMINAL, Team
from tests.operators.plans import Plan


@pytest.fixture
def plan(team: Team) -> Plan:
    """Of a team of two."""
    return Plan.of_two(team)


def waits_for(plan: Plan, step: Step = Step.APPROVE) -> str | None:
    """Why nobody may answer the form of this step, which waits."""
    ledger = plan.team.ledger
    facts = {"step": step, "outcome": "waiting", "form": f"paused-{step}", "awaited": "a choice"}
    ledger.append(Action.STEP, rotation="r-1", credential="alpaca-live", actor="somebody", context=facts)
    known = history.of(ledger, "r-1")
    return waits.why_nobody_answers(ledger, plan.credential, known, plan.team.known, SITE.host)


def test_a_form_that_nobody_is_left_to_answer_is_found(plan: Plan) -> None:
    plan.checked()
    assert waits_for(plan) is None
    plan.ready("Sam")
    assert waits_for(plan) is None
    enrolment.remove(plan.team.ledger, "Kim", TERMINAL)
    assert waits_for(plan) == (
        "alpaca-live waits for the approval of an operator other than Sam, and no other superadmin can prove to be one."
    )
    assert waits_for(plan, Step.HOLD) is None, "Sam can"
    enrolment.remove(plan.team.ledger, "Sam", TERMINAL)
    assert waits_for(plan, Step.HOLD) == "alpaca-live waits for a choice, and no superadmin can prove to be one."
    assert "no operator with the role superadmin has that" in (waits_for(plan) or "")


def test_whoever_gave_the_first_approval_need_not_be_able_to_give_another(plan: Plan) -> None:
    """Sam's passkeys were lost since: Kim is still there."""
    plan.checked()
    plan.ready("Sam")
    enrolment.recover(plan.team.ledger, "Sam", TERMINAL)
    assert waits_for(plan) is None
