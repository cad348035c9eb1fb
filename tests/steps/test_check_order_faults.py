"""A check order of which the answer was lost or refused: it is found again, or it proves nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from blocks.issuers.alpaca.session import REFUSALS
from deployments.sandbox.faults import Fault, FaultKind
from tests.steps.desk import Desk
from tests.steps.support import told

# The settings with short waits come with the ledger.
pytestmark = pytest.mark.usefixtures("prefect", "ledger")


@pytest.mark.parametrize("body", [None, {"message": "forbidden."}, {"code": 40310099, "message": "no"}])
def test_a_refusal_because_the_owner_suspended_trading_shows_that_alpaca_takes_the_pair(
    desk: Desk, body: object
) -> None:
    """The application passes on only one of these refusals as what it is."""
    desk.estate.paper.flags["trade_suspended_by_user"] = True
    if body:
        desk.estate.server.plan.add(
            Fault("alpaca-paper", FaultKind.ANSWER, "POST", "/v2/orders", 403, body, times=None)
        )

    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == [
        "Alpaca accepts the new pair, and refuses the check order like any. Trading is suspended by the account's "
        'owner ("Trades suspended" at Alpaca).'
    ]
    assert desk.orders == []


@pytest.mark.parametrize(("is_suspended", "status"), [(False, 403), (True, 500)])
def test_no_other_refusal_is_taken_for_the_owners(desk: Desk, is_suspended: bool, status: int) -> None:
    desk.estate.paper.flags["trade_suspended_by_user"] = is_suspended
    desk.estate.server.plan.add(
        Fault("alpaca-paper", FaultKind.ANSWER, "POST", "/v2/orders", status, {"message": "no"}, times=None)
    )

    state, record = desk.check()

    assert state.is_failed()
    assert record.proofs == []


def test_alpacas_refusal_of_the_price_shows_that_it_takes_the_pair(desk: Desk) -> None:
    desk.estate.alpaca.knobs.order_price_check = True

    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == [
        "raptor-prod reached Alpaca with the new pair: Alpaca refused the order itself (42210000)."
    ]
    assert desk.orders == []


def test_the_applications_own_refusal_proves_nothing(desk: Desk) -> None:
    desk.answer(403, {"error": "orders_disabled"})

    state, record = desk.check()

    assert "code orders_disabled" in told(state)
    assert "Ask the trading application's log why it refused the check order." in told(state)
    assert record.proofs == []


def test_a_refusal_of_the_pair_is_no_refusal_of_the_order(desk: Desk) -> None:
    """40110000 is Alpaca's own number too, and says the opposite."""
    desk.answer(403, {"error": "alpaca_rejected", "code": 40110000}, times=REFUSALS)

    state, record = desk.check()

    assert "Alpaca refuses the keys that this instance runs with" in told(state)
    assert record.proofs == []
    assert desk.orders == []


def test_an_order_is_sent_again_when_the_pair_is_refused_once(desk: Desk) -> None:
    """Alpaca refuses a living pair now and then, and nothing was ordered by that."""
    desk.answer(403, {"error": "alpaca_rejected", "code": 40110000}, times=REFUSALS - 1)

    state, _ = desk.check()

    assert state.is_completed(), state.message
    assert desk.statuses == ["canceled"]


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.ANSWER_AFTER])
def test_an_order_whose_answer_was_lost_is_found_by_its_client_order_id(desk: Desk, kind: FaultKind) -> None:
    desk.fail("POST", kind)

    state, _ = desk.check()

    assert state.is_completed()
    assert desk.statuses == ["canceled"]


def test_an_order_that_was_never_placed_is_an_error_that_is_worth_another_try(desk: Desk) -> None:
    desk.fail("POST", FaultKind.DROP_BEFORE)

    state, record = desk.check()

    assert "Raptor: place paper order failed: connection failed" in told(state)
    assert record.proofs == []
    assert desk.orders == []


def test_a_client_order_id_that_is_taken_leads_to_the_order_that_has_it(desk: Desk) -> None:
    """Alpaca did not show the order when it was looked for first: it is neither refused nor left open."""
    desk.alpaca.place_limit_order(
        desk.pair,
        symbol="AAPL",
        side="buy",
        qty=Decimal(1),
        limit_price=Decimal("1.00"),
        client_order_id=f"rekey-r-test-{desk.pair.fingerprint}",
    )

    state, record = desk.check(earlier=None)

    assert state.is_completed()
    assert desk.statuses == ["canceled"]
    assert record.facts["check_order"] == desk.orders[0].id


@pytest.mark.parametrize("status", [404, 500])
def test_an_order_that_cannot_be_looked_at_is_not_left_open(desk: Desk, status: int) -> None:
    desk.fail("GET", FaultKind.ANSWER, "/v2/orders/.+", "alpaca-paper", status=status)

    state, record = desk.check()

    assert "Alpaca: read order failed" in told(state)
    assert record.proofs == []
    assert desk.statuses == ["canceled"]


@pytest.mark.parametrize("answer", [(403, {"code": 403}), (400, {"code": 400}), (422, {"code": 40010001})])
def test_a_number_that_is_not_alpacas_own_for_a_refused_order_proves_nothing(
    desk: Desk, answer: tuple[int, dict[str, int]]
) -> None:
    """A gateway that repeats the status as its code never asked Alpaca; a bad parameter says nothing of the account."""
    desk.answer(*answer)

    state, record = desk.check()

    assert told(state)
    assert record.proofs == []
    assert desk.orders == []
