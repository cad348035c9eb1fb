"""Nothing is paused before the operator is at the dashboard, and nobody stops the wrong trading by a slip."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator


def releases(operator: Operator) -> list[int]:
    """How many releases each app has that trades real money."""
    return [len(operator.estate.heroku.apps[app].releases) for app in LIVE_RUNTIMES.values()]


def test_preflight_has_passed_and_nothing_is_paused_when_the_gate_is_shown(operator: Operator) -> None:
    def look_first(person: Operator) -> None:
        assert releases(person) == [1, 1]
        assert [row.context["outcome"] for row in person.steps("preflight")] == ["done"]
        person.be_ready()

    outcome = operator.rotate(look_first, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "**nothing is paused yet**" in outcome.descriptions[0]
    assert "- TRADING_LIVE_DISABLED on raxx-mq-a" in outcome.descriptions[0]
    assert "**Trading is stopped** until this run has completed." in outcome.descriptions[1]
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

    outcome = operator.rotate(slip_first, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert len(outcome.descriptions) == 2


def test_an_open_market_is_said_and_demands_a_yes(operator: Operator) -> None:
    operator.estate.alpaca.knobs.clock_is_open = True

    def without_the_yes_first(person: Operator) -> None:
        assert person.form is not None
        assert "market_is_open" in person.form.fields
        assert person.fill(at_dashboard=True, second_factor=True, confirm="alpaca-live")["status"] == "REJECT"
        person.be_ready()

    outcome = operator.rotate(without_the_yes_first, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "The market is **OPEN** until" in outcome.descriptions[0]
    assert operator.steps("await_readiness")[-1].context["market_open"] is True


def test_a_market_of_which_nothing_is_known_counts_as_open(operator: Operator) -> None:
    operator.estate.server.plan.add(Fault("alpaca-live", FaultKind.HTML, path="/v2/clock", status=200, times=None))

    outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "Whether the market is open is **unknown**" in outcome.descriptions[0]


def test_paper_is_not_asked_because_nothing_is_paused(operator: Operator) -> None:
    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert operator.steps("await_readiness")[0].context["proofs"] == ["Not asked: nothing is paused for paper trading."]
