"""No order may be open while a live key is regenerated: nobody could cancel it."""

from __future__ import annotations

import pytest

from blocks.model.step import Step
from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.support import order


def switches(operator: Operator) -> list[str]:
    """The kill switch of each app that trades real money."""
    return [(operator.estate.heroku.serving(app) or {})[KILL_SWITCH] for app in LIVE_RUNTIMES.values()]


def test_open_orders_are_listed_and_cancelled_when_the_operator_says_so(operator: Operator) -> None:
    orders = [order(operator), order(operator, symbol="AAPL", side="sell", qty="7", limit_price="300")]
    operator.estate.alpaca.knobs.cancel_lag_s = 0.3

    outcome = begun(operator, Operator.be_ready, lambda person: person.choose("cancel them now"), until=Step.SNAPSHOT)

    first, second, *_ = outcome.descriptions[1].split("\n\n")
    assert first == "### alpaca-live: choose what becomes of the open orders"
    assert second.startswith("Trading: stopped since ")
    assert "2 orders are open" in outcome.descriptions[1]
    assert "| MSFT | buy | 2 | limit | 0 min |" in outcome.descriptions[1]
    assert "| AAPL | sell | 7 | limit | 0 min |" in outcome.descriptions[1]
    assert [one.status for one in orders] == ["canceled", "canceled"]
    assert operator.steps("snapshot")[-1].context["open_orders"] == 0


@pytest.mark.long
def test_all_pages_of_open_orders_count(operator: Operator) -> None:
    """Alpaca's default page shows fifty."""
    for _ in range(501):
        order(operator, limit_price="1")

    def see_all(person: Operator) -> None:
        assert person.form is not None
        assert "501 orders are open" in person.form.description
        person.choose("cancel them now")

    begun(operator, Operator.be_ready, see_all, until=Step.SNAPSHOT)

    assert not any(one.is_open for one in operator.estate.live.orders)


@pytest.mark.long
def test_looking_again_asks_alpaca_once_more(operator: Operator) -> None:
    open_order = order(operator)

    def in_vain(person: Operator) -> None:
        person.choose("I dealt with them, look again")

    def after_dealing_with_it(person: Operator) -> None:
        person.estate.live.cancel(open_order)
        person.choose("I dealt with them, look again")

    begun(operator, Operator.be_ready, in_vain, after_dealing_with_it, until=Step.SNAPSHOT)


def test_stopping_releases_the_brakes_and_ends_the_rotation_without_a_click(operator: Operator) -> None:
    open_order = order(operator)

    outcome = operator.rotate(
        Operator.be_ready, lambda person: person.choose("stop here, trading goes on"), credential="alpaca-live"
    )

    assert (outcome.state.type.value, outcome.state.name) == ("CANCELLED", "Stopped")
    assert "test operator stopped here because 1 order is open" in outcome.message
    assert "The rotation is over, and trading goes on as before." in outcome.message
    assert switches(operator) == ["0", "0"]
    assert open_order.is_open
    assert operator.actions() == ["secret.rotate.started", "secret.rotate.aborted"]


@pytest.mark.long
def test_orders_that_alpaca_does_not_cancel_are_shown_again_with_the_reason(operator: Operator) -> None:
    open_order = order(operator)
    operator.estate.server.plan.add(Fault("alpaca-live", FaultKind.ANSWER, "DELETE", "/v2/orders", 500))

    def the_second_time(person: Operator) -> None:
        person.choose("cancel them now")

    outcome = begun(operator, Operator.be_ready, the_second_time, the_second_time, until=Step.SNAPSHOT)

    assert "1 order is still open: Alpaca: cancel all orders failed" in outcome.descriptions[2]
    assert open_order.status == "canceled"


def test_a_check_order_that_a_killed_rotation_left_is_cancelled_without_asking(operator: Operator) -> None:
    left = order(operator, client_order_id="rekey-r-killed-0123456789ab")

    begun(operator, Operator.be_ready, until=Step.SNAPSHOT)

    assert left.status == "canceled"
    assert any("check orders of an earlier rotation" in one for one in operator.steps("snapshot")[-1].context["proofs"])
