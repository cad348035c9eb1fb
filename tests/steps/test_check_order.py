"""The check order proves that the running application may trade with the new pair, and none is ever left open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.check_order import prove_write_authority
from blocks.issuers.alpaca.check_orders_left import left_open
from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.alpaca.table import CheckOrder
from blocks.issuers.terms import WriteProbe
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.proofs import Record
from deployments.sandbox.alpaca.state import SandboxPosition
from deployments.sandbox.faults import FaultKind
from tasks.rotate.write_probe import application_of, probe_of
from tests.steps.desk import ORDERS, Desk, rotation_with
from tests.steps.support import alone, told

# The settings with short waits come with the ledger.
pytestmark = pytest.mark.usefixtures("prefect", "ledger")

ONE_ORDER = f"{ORDERS}/.+"

PLACED = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "1.00", "time_in_force": "day"}


def test_it_is_seen_at_alpaca_and_gone_again(desk: Desk) -> None:
    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == ["Check order through raptor-prod: seen at Alpaca, then canceled."]
    assert desk.statuses == ["canceled"]
    assert desk.orders[0].client_order_id == f"rekey-r-test-{desk.pair.fingerprint}"


def test_asking_again_places_no_second_one(desk: Desk) -> None:
    """A continued rotation verifies again; the order of its first run is proof enough."""
    desk.check()
    state, _ = desk.check(earlier=desk.orders[0].id)

    assert state.is_completed()
    assert len(desk.orders) == 1


def test_a_cancellation_that_takes_its_time_is_waited_for(desk: Desk) -> None:
    desk.estate.alpaca.knobs.cancel_lag_s = 0.5

    state, record = desk.check()

    assert state.is_completed()
    assert record.facts["check_order_status"] == "canceled"


@pytest.mark.parametrize("kind", [FaultKind.ANSWER, FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER])
def test_what_the_application_cannot_cancel_is_cancelled_at_alpaca(desk: Desk, kind: FaultKind) -> None:
    desk.fail("DELETE", kind, ONE_ORDER)

    state, record = desk.check()

    assert state.is_completed()
    assert record.facts["check_order_status"] == "canceled"
    assert desk.statuses == ["canceled"]


@pytest.mark.parametrize(("is_open", "status"), [(True, "filled"), (False, "canceled")])
def test_the_sops_market_order_fills_only_while_the_market_is_open(desk: Desk, is_open: bool, status: str) -> None:
    desk.estate.alpaca.knobs.clock_is_open = is_open

    state, record = desk.check(CheckOrder(kind="market", symbol="MSFT", quantity=2))

    assert state.is_completed()
    assert desk.statuses == [status]
    assert (desk.orders[0].type, desk.orders[0].symbol, str(desk.orders[0].qty)) == ("market", "MSFT", "2")
    assert record.proofs == [f"Check order through raptor-prod: seen at Alpaca, then {status}."]


def test_the_catalog_may_ask_for_none() -> None:
    record = Record()
    rotation = rotation_with(CheckOrder(kind="none"))
    probe = probe_of(rotation, Pair("", SecretStr("")), record, application_of(rotation))

    state = alone(lambda: prove_write_authority(lambda: pytest.fail("nobody is asked"), probe, None))

    assert state.is_completed()
    assert record.proofs == ["No check order: the catalog asks for none."]


def test_an_order_that_was_filled_is_told_once_with_what_to_do(desk: Desk, ledger: Ledger) -> None:
    def filled() -> None:
        order = desk.orders[0]
        order.filled_qty = order.qty or Decimal(0)
        order.close("filled", "filled_at")

    desk.meanwhile(filled)
    state, record = desk.check()

    message = told(state)
    assert f"check order {desk.orders[0].id} was FILLED: 1 AAPL were bought with the new pair" in message
    assert "Sell them in Alpaca's dashboard if they are not wanted, and lower limit_price" in message
    assert record.proofs == []
    ledger.append(Action.STEP, rotation="r-test", credential="alpaca-paper", actor="somebody", context=record.facts)

    state, record = desk.check(earlier=desk.orders[0].id)

    assert state.is_completed()
    assert record.proofs == [
        f"Check order {desk.orders[0].id} ended as filled; that was told, and somebody chose to go on."
    ]


def test_only_a_cancelled_order_is_proof(desk: Desk) -> None:
    desk.meanwhile(lambda: desk.orders[0].close("rejected", "failed_at"))

    state, record = desk.check()

    assert "was placed with the new pair and then ended as rejected" in told(state)
    assert record.proofs == []


def test_an_order_that_ended_with_its_day_bought_nothing(desk: Desk) -> None:
    desk.meanwhile(lambda: desk.orders[0].close("expired", "expired_at"))

    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == ["Check order through raptor-prod: seen at Alpaca, then expired."]


def test_which_way_an_earlier_try_took_is_not_made_up(desk: Desk) -> None:
    desk.check()

    _, record = desk.check(earlier=desk.orders[0].id)

    assert record.proofs == ["Check order of an earlier try: seen at Alpaca, then canceled."]


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.ANSWER_AFTER])
def test_an_order_whose_id_the_application_drops_is_found_by_its_looks(desk: Desk, kind: FaultKind) -> None:
    """The order of the operating procedure has no client order ID, so the application may know none."""
    desk.estate.raptors["raptor-prod"].knobs.forwards_client_order_id = False
    desk.fail("POST", kind)

    state, _ = desk.check()

    assert state.is_completed()
    assert desk.statuses == ["canceled"]


def test_orders_that_others_placed_do_not_look_like_it(desk: Desk) -> None:
    # Alpaca takes no market order with a limit: what differs by its type alone is a stop limit order.
    types: list[dict[str, Any]] = [{"type": "stop_limit", "stop_price": "2"}, {"type": "market", "limit_price": None}]
    for other in [{}, {"symbol": "MSFT"}, {"qty": "2"}, {"limit_price": "1.01"}, *types]:
        desk.estate.paper.place({**PLACED, **other})
    orders = desk.alpaca.open_orders(desk.pair)

    def probe(rotation: Rotation) -> WriteProbe:
        return probe_of(rotation, desk.pair, Record(), None)

    assert [one.id for one in left_open(probe(rotation_with(CheckOrder())), orders)] == [desk.orders[0].id]
    later = replace(rotation_with(CheckOrder()), started_at=datetime.now(UTC) + timedelta(hours=1))
    assert left_open(probe(later), orders) == []
    market = rotation_with(CheckOrder(kind="market"))
    assert left_open(probe(market), orders) == []


def test_a_sale_does_not_look_like_it(desk: Desk) -> None:
    """At the same price: Alpaca takes no purchase beside it, so it stands alone."""
    desk.estate.paper.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    desk.estate.paper.place({**PLACED, "side": "sell"})
    (sale,) = desk.alpaca.open_orders(desk.pair)

    probe = probe_of(rotation_with(CheckOrder()), desk.pair, Record(), None)
    assert left_open(probe, [sale]) == []
    assert left_open(probe, [replace(sale, side="buy")]) != [], "by its side alone"
