"""Orders that fill in part, when the knob says so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, TimeInForce
from alpaca.trading.requests import LimitOrderRequest, MarketOrderRequest, StopLossRequest, TakeProfitRequest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit
from tests.vendors.alpaca.served import ServedAlpaca

BUY = {"symbol": "AAPL", "side": OrderSide.BUY, "time_in_force": TimeInForce.DAY}
EXITS = {"take_profit": TakeProfitRequest(limit_price=300), "stop_loss": StopLossRequest(stop_price=100)}


@pytest.fixture(autouse=True)
def half(alpaca: ServedAlpaca, prices: dict[str, Decimal]) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    alpaca.sandbox.knobs.fills_part = 0.5
    prices["AAPL"] = Decimal(200)


def test_a_part_fills_and_the_rest_waits(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, prices: dict[str, Decimal]
) -> None:
    placed = theirs.submit_order(MarketOrderRequest(**BUY, qty=5))
    seen = theirs.get_order_by_id(placed.id)
    assert (seen.status, seen.filled_qty, seen.filled_avg_price) == (OrderStatus.PARTIALLY_FILLED, "2", "200")
    assert (seen.filled_at, [one.id for one in theirs.get_orders()]) == (None, [placed.id])
    assert theirs.get_open_position("AAPL").qty == "2"
    prices["AAPL"] = Decimal(203)
    assert theirs.get_order_by_id(placed.id).filled_qty == "2", "no more than that part"
    alpaca.sandbox.knobs.fills_part = 1.0
    seen = theirs.get_order_by_id(placed.id)
    assert (seen.status, seen.filled_qty, seen.filled_avg_price) == (OrderStatus.FILLED, "5", "201.8")
    assert theirs.get_open_position("AAPL").avg_entry_price == "201.8"
    assert account.cash == Decimal(100000) - 5 * Decimal("201.8")


def test_each_part_is_told_and_is_an_activity(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, prices: dict[str, Decimal]
) -> None:
    theirs.submit_order(MarketOrderRequest(**BUY, qty=5))
    alpaca.sandbox.knobs.fills_part, prices["AAPL"] = 1.0, Decimal(203)
    last, first = theirs.get("/account/activities")
    names = ("type", "qty", "price", "cum_qty", "leaves_qty", "order_status")
    assert [first[name] for name in names] == ["partial_fill", "2", "200", "2", "3", "partially_filled"]
    assert [last[name] for name in names] == ["fill", "3", "203", "5", "0", "filled"]
    assert first["id"] != last["id"]
    told = [(one["event"], one.get("qty"), one.get("price"), one.get("position_qty")) for one in account.updates[2:]]
    assert told == [("partial_fill", "2", "200", "2"), ("fill", "3", "203", "5")]


def test_what_was_filled_stays_when_the_rest_is_cancelled(theirs: Any) -> None:
    placed = theirs.submit_order(MarketOrderRequest(**BUY, qty=4))
    theirs.get_clock()
    theirs.cancel_order_by_id(placed.id)
    seen = theirs.get_order_by_id(placed.id)
    assert (seen.status, seen.filled_qty, seen.qty) == (OrderStatus.CANCELED, "2", "4")
    assert theirs.get_open_position("AAPL").qty == "2"
    (activity,) = theirs.get("/account/activities/FILL")
    assert (activity["type"], activity["leaves_qty"]) == ("partial_fill", "2")


@pytest.mark.parametrize(
    ("time_in_force", "filled"), [(TimeInForce.IOC, ("canceled", "2")), (TimeInForce.FOK, ("canceled", "0"))]
)
def test_what_has_to_fill_at_once_fills_in_part_or_not_at_all(
    theirs: Any, time_in_force: TimeInForce, filled: tuple[str, str]
) -> None:
    placed = theirs.submit_order(MarketOrderRequest(**{**BUY, "time_in_force": time_in_force}, qty=4))
    seen = theirs.get_order_by_id(placed.id)
    assert (seen.status, seen.filled_qty) == filled


def test_a_day_ends_for_what_is_left_too(alpaca: ServedAlpaca, theirs: Any) -> None:
    placed = theirs.submit_order(MarketOrderRequest(**BUY, qty=4))
    theirs.get_clock()
    alpaca.sandbox.knobs.clock_is_open = False
    seen = theirs.get_order_by_id(placed.id)
    assert (seen.status, seen.filled_qty) == (OrderStatus.EXPIRED, "2")


def test_exits_wait_for_the_whole_entry(alpaca: ServedAlpaca, theirs: Any) -> None:
    theirs.submit_order(MarketOrderRequest(**BUY, qty=4, order_class=OrderClass.BRACKET, **EXITS))
    assert {order.status for order in theirs.get_orders()} == {OrderStatus.PARTIALLY_FILLED, OrderStatus.HELD}
    alpaca.sandbox.knobs.fills_part = 1.0
    assert {order.status for order in theirs.get_orders()} == {OrderStatus.NEW, OrderStatus.HELD}


def test_the_stop_is_for_what_the_profit_left(theirs: Any, account: SandboxAccount, prices: dict[str, Decimal]) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(4), Decimal(150))
    oco = {"side": OrderSide.SELL, "limit_price": None, "order_class": OrderClass.OCO}
    profit = theirs.submit_order(limit(**oco, qty=4, **EXITS))
    prices["AAPL"] = Decimal(300)
    assert theirs.get_order_by_id(profit.id).filled_qty == "2"
    assert [order.qty for order in account.orders] == [Decimal(4), Decimal(2)]
    assert theirs.get_open_position("AAPL").qty_available == "0"


def test_dollars_fill_in_part(theirs: Any) -> None:
    placed = theirs.post("/orders", {**BUY, "type": "market", "notional": "100"})
    seen = theirs.get(f"/orders/{placed['id']}")
    assert (seen["status"], seen["filled_qty"]) == ("partially_filled", "0.25")


def test_a_single_share_does_not_fill_in_part(theirs: Any) -> None:
    placed = theirs.submit_order(LimitOrderRequest(**BUY, qty=1, limit_price=500))
    assert theirs.get_order_by_id(placed.id).status is OrderStatus.NEW
    with pytest.raises(APIError):
        theirs.get_open_position("AAPL")
