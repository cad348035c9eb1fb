"""Before trading stops another operator approves the plan, or the same one again after a cool-off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from blocks.catalog import load_catalog
from blocks.ledger import history
from blocks.ledger.decisions import decided
from blocks.ledger.row import Action
from blocks.model.plan import hash_of, plan_of
from blocks.model.step import Step
from blocks.operators import approval, offline, offline_decisions
from blocks.operators.approval import DO_NOT
from blocks.operators.registry import SUPERADMIN
from blocks.settings import read_settings
from deployments.cli.main import main
from deployments.rehearsal.authenticator import Authenticator
from deployments.rehearsal.robot import Carried
from tasks.rotate.approve import approve
from tasks.rotate.report import report
from tests.operator import Answer, Operator
from tests.steps.beginning import beginning, begun
from tests.steps.live import LIVE, live_rotation
from tests.steps.proving import change_the_plan, let_it_say
from tests.steps.support import alone
from tests.steps.test_await_readiness import releases

SAM, KIM = "test operator", "Kim"
PAPER = "alpaca-paper"


@pytest.fixture
def team(operator: Operator) -> dict[str, Authenticator]:
    """A live credential that two approve by passkey, and two who may."""
    let_it_say('proof = "passkey"\napprovals = 2', LIVE)
    return {SAM: operator.enrol(SAM), KIM: operator.enrol(KIM, SUPERADMIN)}


def as_one(name: str, one: Authenticator, then: Answer) -> Answer:
    """An answer by this operator."""

    def answered(person: Operator) -> None:
        before, person.robot.carries = person.robot.carries, Carried(name, one, person.ledger)
        then(person)
        person.robot.carries = before

    return answered


def approves(person: Operator) -> None:
    """Approve what the form shows; nothing is stopped meanwhile."""
    assert person.form is not None
    assert releases(person) == [1, 1]
    (choice,) = [one for one in person.form.fields["choice"]["enum"] if one != DO_NOT]
    person.choose(choice)


def by_robots(person: Operator) -> None:
    """As in a rehearsal: whoever does not stand behind it yet approves."""
    assert person.form is not None
    (choice,) = [one for one in person.form.fields["choice"]["enum"] if one != DO_NOT]
    person.robot.approve(person.form.run_id, choice)


def plan_now(operator: Operator) -> str:
    rotation = operator.ledger.rows(actions=(Action.STARTED,))[-1].rotation
    known = history.of(operator.ledger, rotation)
    assert known.plan == hash_of(plan_of(load_catalog(read_settings().catalog).get(LIVE), known.old))
    return known.plan


def test_another_operator_approves_once_for_each_plan(
    operator: Operator, team: dict[str, Authenticator], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who is ready cannot; a run that goes on asks nobody again; another plan is approved anew."""
    by_kim = as_one(KIM, team[KIM], approves)

    first = begun(operator, Operator.be_ready, approves, by_kim, until=Step.APPROVE)

    plan = plan_now(operator)
    assert f"Plan `{plan}`" in first.descriptions[1]
    assert "stops: TRADING_LIVE_DISABLED on raxx-mq-a" in first.descriptions[1]
    assert f"{SAM} stands behind this rotation already. Another operator" in first.descriptions[2]
    row = operator.steps("approve")[-1]
    assert row.actor == f"proved to be {KIM} ({SUPERADMIN}, passkey)"
    assert (row.facts.plan, row.facts.asked_by, row.facts.approver) == (plan, SAM, KIM)

    main(["status"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"{KIM}, after {SAM} (plan {plan[:16]})" in said
    assert f"{KIM}, the plan: {approval.approve(plan)}, after {SAM} (by passkey)" in said
    known = history.of(operator.ledger, row.rotation)
    assert f"| Approved by | {KIM}, after {SAM} (plan {plan[:16]}) |" in report(live_rotation(), known, "0" * 64)

    begun(operator, Operator.be_ready, until=Step.APPROVE)
    again = operator.steps("approve")[-1]
    assert again.rotation == row.rotation
    assert again.actor.startswith("rekey")
    assert again.facts.proofs == [f"{KIM} approved this plan before: it is not asked for again."]

    change_the_plan(LIVE)
    operator.robot.colleague = Carried(KIM, team[KIM], operator.ledger)
    changed = begun(operator, Operator.be_ready, by_robots, until=Step.APPROVE)
    assert plan_now(operator) != plan
    assert len(changed.descriptions) == 2
    assert offline.broken(operator.ledger)[1] is None
    assert operator.ledger.verify() is None


def test_where_nobody_is_asked_to_be_ready_the_first_approval_keeps_a_dead_run_from_ending_it(
    operator: Operator,
) -> None:
    """Paper stops nothing, so nobody says to be ready: what the first operator said is written down at once."""
    let_it_say('proof = "passkey"\napprovals = 2', PAPER)
    operator.enrol(SAM)
    kim = operator.enrol(KIM, SUPERADMIN)

    def known() -> history.History:
        return history.of(operator.ledger, operator.ledger.rows(actions=(Action.STARTED,))[-1].rotation)

    def first(person: Operator) -> None:
        assert not known().is_backed
        by_robots(person)

    def second(person: Operator) -> None:
        assert known().is_backed
        by_robots(person)

    begun(operator, first, as_one(KIM, kim, second), until=Step.APPROVE, credential=PAPER)

    told = [(one.who, one.what, one.proof) for one in decided(known().rows)]
    plan = known().plan[: approval.DIGITS]
    assert told == [
        (SAM, f"stands behind plan {plan}", "by passkey"),
        (KIM, f"the plan: approve plan {plan}, after {SAM}", "by passkey"),
    ]
    assert offline_decisions.broken(operator.ledger)[1] is None


def test_whoever_ends_it_in_the_form_signed_that_and_a_row_that_says_so_without_is_found(
    operator: Operator, team: dict[str, Authenticator]
) -> None:
    outcome = operator.rotate(
        Operator.be_ready,
        as_one(KIM, team[KIM], lambda person: person.choose(DO_NOT)),
        credential=LIVE,
    )

    assert f"{KIM} did not approve it." in outcome.message
    rows = operator.ledger.rows()
    ended = rows[-1]
    assert (ended.action, ended.actor) == (Action.ABORTED, f"proved to be {KIM} ({SUPERADMIN}, passkey)")
    assert offline_decisions.broken(operator.ledger) == (2, None), "the choice, and the end"
    for changed in ({"proved_in": None}, {"proved_in": operator.steps("await_readiness")[-1].facts.proved_in}):
        forged = replace(ended, context={**ended.context, **changed})
        assert offline_decisions.first_broken([*rows[:-1], forged])[1] is not None


def test_a_catalog_that_changes_while_the_form_is_open_is_approved_anew(
    operator: Operator, team: dict[str, Authenticator]
) -> None:
    def too_late(person: Operator) -> None:
        change_the_plan(LIVE)
        approves(person)

    outcome = operator.rotate(
        Operator.be_ready, as_one(KIM, team[KIM], too_late), flow=beginning, credential=LIVE, until=Step.APPROVE
    )

    assert outcome.state.is_failed()
    assert "it says something else than what was approved" in outcome.message
    assert history.of(operator.ledger, operator.ledger.rows()[-1].rotation).approval is None


def test_alone_it_is_approved_again_after_the_cool_off_of_which_people_heard(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_it_say('proof = "passkey"\napprovals = "delayed"', LIVE)
    operator.enrol(SAM)

    def told(person: Operator) -> list[str]:
        return [one["text"] for one in person.estate.slack.messages if "rotated by test operator alone" in one["text"]]

    def too_early(person: Operator) -> None:
        assert len(told(person)) == 1
        approves(person)

    def in_time(person: Operator) -> None:
        monkeypatch.setattr(approval, "MINUTE", timedelta(0))
        approves(person)

    outcome = begun(operator, Operator.be_ready, too_early, in_time, until=Step.APPROVE)

    counts_from = "It is approved once more, **from "
    assert counts_from in outcome.descriptions[1]
    assert "That was too early: an approval counts from " in outcome.descriptions[2]
    row = operator.steps("approve")[-1]
    assert (row.facts.asked_by, row.facts.approver) == (SAM, SAM)
    # Nobody is told of it again by a run that goes on, nor is anything asked.
    begun(operator, Operator.be_ready, until=Step.APPROVE)
    assert len(told(operator)) == 1


@pytest.mark.usefixtures("team")
def test_once_a_key_may_have_been_regenerated_nothing_waits_for_an_approval_and_that_is_told(
    operator: Operator,
) -> None:
    credential = load_catalog(read_settings().catalog).get(LIVE)
    rotation = replace(live_rotation(), credential=credential, old="0123456789ab", may_be_clicked=True)

    for _ in range(2):
        assert alone(lambda: approve(rotation)).is_completed()

    rows = operator.steps("approve")
    assert len(rows) == 2
    assert "Nobody approved this plan. It is not waited for" in rows[0].facts.proofs[0]
    assert rows[0].facts.approver == ""
    alarms = [one for one in operator.estate.slack.messages if "goes on without an approval" in one["text"]]
    assert len(alarms) == 1
