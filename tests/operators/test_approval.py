"""Whether a plan is approved is read from the ledger: by whom, for which plan, and from when on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from blocks.operators import approval, enrolment, offline_decisions, policy
from blocks.operators.approval import DO_NOT, Approval
from blocks.operators.registry import SUPERADMIN
from tests.operators.conftest import SITE, TERMINAL, Team
from tests.operators.plans import ANOTHER, PLAN, Plan, live


@pytest.fixture
def plan(team: Team) -> Plan:
    """Of a team of two."""
    return Plan.of_two(team)


def test_another_one_than_whoever_is_ready_approves(plan: Plan) -> None:
    plan.ready("Sam")
    assert plan.approver() is None
    plan.say("Sam")
    assert plan.approver() is None
    plan.say("Kim")
    assert plan.approver() == "Kim"


def test_without_a_form_for_readiness_two_approve(plan: Plan) -> None:
    plan.say("Kim")
    plan.say("Kim")
    first = plan.now().first
    assert (first.who if first else None, plan.approver()) == ("Kim", None)
    plan.say("Sam")
    assert plan.approver() == "Sam"


def test_an_approval_is_of_one_plan_and_one_rotation(plan: Plan) -> None:
    plan.ready("Sam")
    plan.say("Kim", rotation="r-2")
    assert plan.approver() is None
    plan.say("Kim")
    assert plan.approver() == "Kim"
    assert plan.now(ANOTHER) == Approval()
    plan.ready("Sam", ANOTHER)
    assert plan.approver(ANOTHER) is None


def test_whoever_is_ready_now_is_who_counts(plan: Plan) -> None:
    """A run that goes on asks again who is ready; an approval of that very person is none any more."""
    plan.ready("Sam")
    plan.say("Kim")
    plan.ready("Kim")
    assert plan.approver() is None
    plan.say("Sam")
    assert plan.approver() == "Sam"


def test_one_who_was_removed_has_approved_nothing(plan: Plan) -> None:
    plan.ready("Sam")
    plan.say("Kim")
    enrolment.remove(plan.team.ledger, "Kim", TERMINAL)
    assert plan.approver() is None


def test_a_role_that_may_not_approves_nothing(plan: Plan) -> None:
    plan.team.add("Robin", "ops", by="Sam")
    row = plan.team.ledger.rows()[-1]
    chosen = {"choice": approval.approve(PLAN)}
    plan.ready("Sam")
    said = replace(row, context={"who": "Robin", "act": {"step": "approve", "chosen": chosen}})
    found = approval.of(plan.credential, PLAN, plan.team.ledger.rows(rotation="r-1"), [said], plan.team.known)
    assert found.second is None


def test_whoever_does_not_want_it_ends_it_with_a_reason(plan: Plan) -> None:
    plan.ready("Sam")
    plan.say("Kim", DO_NOT, " not\n before the weekend ")
    refused = plan.now().refused
    assert refused is not None
    assert (refused.who, refused.why) == ("Kim", "not before the weekend")
    assert plan.now(ANOTHER).refused is not None


def test_alone_the_same_one_approves_again_when_it_has_cooled_off(team: Team) -> None:
    team.add("Sam", SUPERADMIN)
    alone = Plan(team, "delayed")
    alone.ready("Sam")
    alone.say("Sam")
    assert alone.now().counts_from is None
    at = alone.told()
    alone.say("Sam")

    assert alone.now().counts_from == at + timedelta(minutes=15)
    assert alone.approver() is None
    alone.credential = alone.credential.model_copy(update={"cool_off_minutes": 0})
    # Not the one before anybody was told.
    second = alone.now().second
    assert second is not None
    assert second.at >= at
    assert alone.now(ANOTHER).counts_from is None


@pytest.mark.parametrize(
    ("approvals", "people", "missing"),
    [
        (1, ["Sam"], None),
        ("delayed", ["Sam"], None),
        (2, ["Sam", "Kim"], None),
        (2, ["Sam"], "the approval of a second operator with the role superadmin, and only Sam has a passkey"),
        (2, [], "asks for proof by a passkey, and no operator with the role superadmin has that"),
    ],
)
def test_a_policy_that_nobody_could_satisfy_says_who_is_missing(
    team: Team, approvals: Literal[1, 2, "delayed"], people: list[str], missing: str | None
) -> None:
    for name in people:
        team.add(name, SUPERADMIN, by="" if name == "Sam" else "Sam")

    problem = policy.why_nobody_can(live(approvals), team.known, SITE.host)

    assert (problem is None) == (missing is None)
    assert missing is None or missing in (problem or "")
    assert "rekey operator add NAME --role superadmin" in policy.what_helps(live(approvals), team.known, SITE.host)


def test_passkeys_of_a_host_that_the_console_left_count_for_nobody(team: Team) -> None:
    """A browser offers them nowhere else; it is said before a rotation begins, and how to get new ones."""
    team.add("Sam", SUPERADMIN)
    team.add("Kim", SUPERADMIN, by="Sam")
    for approvals in (1, 2, "delayed"):
        told = policy.why_nobody_can(live(approvals), team.known, "rekey.example.com")
        assert told is not None
        assert "at rekey.example.com now, and the passkeys of Sam and Kim are of another host" in told
        helps = policy.what_helps(live(approvals), team.known, "rekey.example.com")
        assert 'recover "Sam"`, `rekey operator recover "Kim"`' in helps
    assert policy.who_can(live(2), team.known, SITE.host) == ("Sam", "Kim")


def test_an_approval_that_nobody_proved_is_found_offline(plan: Plan) -> None:
    plan.ready("Sam")
    plan.say("Kim")
    second = plan.now().second
    assert second is not None
    facts = {"plan": PLAN, "asked_by": "Sam", "approver": "Kim", "proved_in": second.row}
    plan._step("approve", **facts)
    rows = plan.team.ledger.rows()

    assert offline_decisions.broken(plan.team.ledger) == (1, None)
    for change, told in (
        ({"proved_in": 1}, "nobody proved what it says"),
        ({"approver": "Sam"}, "what was proved is something else"),
        ({"plan": ANOTHER}, "what was proved is something else"),
        ({"asked_by": "Kim"}, "approved it alone, and nobody else had heard of it"),
    ):
        forged = replace(rows[-1], context={**rows[-1].context, **change})
        found = offline_decisions.first_broken([*rows[:-1], forged])[1]
        assert found is not None
        assert told in found.reason
        assert found.sequence == forged.sequence


def test_whoever_spoke_first_stands_behind_it_also_where_a_clock_was_behind(team: Team) -> None:
    """Rows follow one another as they were written, whatever time stands in them."""
    team.add("Sam", SUPERADMIN)
    team.add("Kim", SUPERADMIN, by="Sam")
    alone = Plan(team, "delayed")
    for name in ("Sam", "Kim"):
        alone.say(name)
    acted = [row for row in team.ledger.rows() if (row.facts.act or {}).get("rotation") == "r-1"]
    first, second = acted
    late = [replace(first, at=second.at + timedelta(minutes=5)), second]

    found = approval.of(alone.credential, PLAN, [], late, team.known)

    assert found.first is not None
    assert found.first.who == "Sam"


def test_who_was_ready_and_is_no_operator_any_more_stands_behind_nothing(plan: Plan) -> None:
    """Two who may look at it: one who was removed is none of them."""
    plan.team.add("Robin", SUPERADMIN, by="Sam")
    plan.ready("Sam")
    enrolment.remove(plan.team.ledger, "Sam", TERMINAL)
    plan.say("Kim")
    assert plan.approver() is None
    plan.say("Robin")
    assert plan.approver() == "Robin"
