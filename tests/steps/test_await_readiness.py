"""Nothing is paused before the operator is at the dashboard, and nobody stops the wrong trading by a slip."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.issuers.alpaca import maintenance
from blocks.ledger import history
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.operators import offline
from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.readiness_form import NOT_READY
from tests.operator import Operator
from tests.steps.beginning import beginning, begun
from tests.steps.proving import ask_for


def releases(operator: Operator) -> list[int]:
    """How many releases each app has that trades real money."""
    return [len(operator.estate.heroku.apps[app].releases) for app in LIVE_RUNTIMES.values()]


def test_preflight_has_passed_and_nothing_is_paused_when_the_gate_is_shown(operator: Operator) -> None:
    def look_first(person: Operator) -> None:
        assert releases(person) == [1, 1]
        assert [row.context["outcome"] for row in person.steps("preflight")] == ["done"]
        person.be_ready()

    outcome = begun(operator, look_first, Operator.regenerate_live, until=Step.VALIDATE)

    first, second, *_ = outcome.descriptions[0].split("\n\n")
    assert first == "### alpaca-live: are you ready? Submit when you are at the dashboard"
    assert second == "Trading: not stopped by this rotation."
    assert "**nothing is paused yet**" in outcome.descriptions[0]
    assert "When you submit this form, rekey stops trading:" in outcome.descriptions[0]
    assert f'Not ready? Switch "{NOT_READY}" on, and submit.' in outcome.descriptions[0]
    assert "- TRADING_LIVE_DISABLED on raxx-mq-a" in outcome.descriptions[0]
    assert " **Trading: stopped since " in outcome.descriptions[1]
    assert "switcher in the upper left corner says **Live Trading**" in outcome.descriptions[1]


@pytest.mark.parametrize(
    "slip",
    [
        {"confirm": "alpaca-paper"},
        pytest.param({"second_factor": False}, marks=pytest.mark.long),
        pytest.param({"at_dashboard": False}, marks=pytest.mark.long),
        pytest.param({"operator": ""}, marks=pytest.mark.long),
    ],
)
def test_a_slip_in_the_form_is_refused_at_once_and_the_form_stays(operator: Operator, slip: dict[str, Any]) -> None:
    def slip_first(person: Operator) -> None:
        whole = {"at_dashboard": True, "second_factor": True, "confirm": "alpaca-live", "operator": "test operator"}
        assert person.fill(**{**whole, **slip})["status"] == "REJECT"
        assert releases(person) == [1, 1]
        person.be_ready()

    outcome = begun(operator, slip_first, until=Step.AWAIT_READINESS)

    assert len(outcome.descriptions) == 1


def test_whoever_is_not_ready_ends_the_rotation_before_anything_was_stopped(operator: Operator) -> None:
    """By what they prove, with their reason; nothing else has to be filled in, and nobody goes on with it."""
    ask_for(operator, "passkey", "alpaca-live")
    operator.enrol()

    def not_ready(person: Operator) -> None:
        left_empty = {"at_dashboard": False, "second_factor": False, "confirm": ""}
        answer = person.fill(**left_empty, stop_here=True, why="the second factor is at home")
        assert answer["status"] == "ACCEPT", answer

    outcome = operator.rotate(not_ready, flow=beginning, credential="alpaca-live", until=Step.AWAIT_READINESS)

    told = "test operator was not ready: the second factor is at home. No key was touched, and nothing was stopped."
    assert (outcome.state.name, outcome.message) == ("Stopped", told)
    assert releases(operator) == [1, 1]
    said, over = operator.steps("await_readiness")[-1], operator.ledger.rows(actions=(Action.ABORTED,))[-1]
    assert (said.facts.choice, said.facts.why) == (NOT_READY, "the second factor is at home")
    assert said.actor == over.actor == "proved to be test operator (superadmin, passkey)"
    assert history.of(operator.ledger, over.rotation).ended == over
    assert operator.ledger.open_start("alpaca-live") is None
    assert offline.broken(operator.ledger)[1] is None
    assert any(told in one["text"] for one in operator.estate.slack.messages)


def test_an_open_market_is_said_and_demands_a_yes(operator: Operator) -> None:
    operator.estate.alpaca.knobs.clock_is_open = True

    def without_the_yes_first(person: Operator) -> None:
        assert person.form is not None
        assert "market_is_open" in person.form.fields
        assert person.fill(at_dashboard=True, second_factor=True, confirm="alpaca-live")["status"] == "REJECT"
        person.be_ready()

    outcome = begun(operator, without_the_yes_first, until=Step.AWAIT_READINESS)

    assert "The market is OPEN until" in outcome.descriptions[0]
    assert operator.steps("await_readiness")[-1].context["market_open"] is True


def test_a_market_of_which_nothing_is_known_counts_as_open(operator: Operator) -> None:
    operator.estate.server.plan.add(Fault("alpaca-live", FaultKind.HTML, path="/v2/clock", status=200, times=None))

    outcome = begun(operator, Operator.be_ready, until=Step.AWAIT_READINESS)

    assert "Whether the market is open is unknown" in outcome.descriptions[0]


def test_a_market_that_opens_while_the_form_is_shown_demands_its_yes_before_anything_is_paused(
    operator: Operator,
) -> None:
    def too_late(person: Operator) -> None:
        person.estate.alpaca.knobs.clock_is_open = True
        person.be_ready()

    def with_the_yes(person: Operator) -> None:
        assert releases(person) == [1, 1]
        person.be_ready()

    outcome = begun(operator, too_late, with_the_yes, until=Step.AWAIT_READINESS)

    assert "Your answer changed nothing. While this form was shown, the market opened" in outcome.descriptions[1]
    assert "The market is OPEN until" in outcome.descriptions[1]
    assert operator.steps("await_readiness")[-1].context["market_open"] is True


def test_a_market_that_was_closed_until_tomorrow_is_closed_though_alpaca_does_not_answer_again(
    operator: Operator,
) -> None:
    def without_a_clock(person: Operator) -> None:
        fault = Fault("alpaca-live", FaultKind.HTML, path="/v2/clock", status=200, times=None)
        person.estate.server.plan.add(fault)
        person.be_ready()

    begun(operator, without_a_clock, until=Step.AWAIT_READINESS)

    assert operator.steps("await_readiness")[-1].context["market_open"] is False


def test_maintenance_that_begins_while_the_form_is_shown_pauses_nothing(
    operator: Operator,
) -> None:
    def too_late(person: Operator) -> None:
        monkeypatch.setattr(maintenance, "in_maintenance", lambda _: True)
        person.be_ready()

    def when_it_is_over(person: Operator) -> None:
        assert releases(person) == [1, 1]
        monkeypatch.undo()
        person.be_ready()

    with pytest.MonkeyPatch.context() as monkeypatch:
        outcome = begun(operator, too_late, when_it_is_over, until=Step.AWAIT_READINESS)

    assert "Your answer changed nothing. Alpaca is in its monthly maintenance" in outcome.descriptions[1]


def test_within_maintenance_no_live_rotation_begins(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "in_maintenance", lambda _: True)

    outcome = operator.rotate(credential="alpaca-live")

    assert outcome.state.is_failed()
    assert "Alpaca is in its monthly maintenance" in outcome.message
    assert releases(operator) == [1, 1]


def test_paper_is_not_asked_because_nothing_is_paused(operator: Operator) -> None:
    begun(operator, until=Step.AWAIT_READINESS, credential="alpaca-paper")

    assert operator.steps("await_readiness")[0].context["proofs"] == ["Not asked: nothing is paused."]
