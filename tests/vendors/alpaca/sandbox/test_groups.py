"""Orders that belong together, and trailing stops, as alpaca-py sees them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, OrderType, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    GetOrdersRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit
from tests.vendors.alpaca.served import ServedAlpaca, limit_order

EXITS = {"take_profit": TakeProfitRequest(limit_price=300), "stop_loss": StopLossRequest(stop_price=0.5)}
ENTRY = {"symbol": "AAPL", "qty": 1, "side": OrderSide.BUY, "time_in_force": TimeInForce.DAY}


def statuses(theirs: Any) -> list[OrderStatus]:
    """Of all orders, in the order in which they were placed."""
    asked = GetOrdersRequest(status=QueryOrderStatus.ALL, nested=False)
    return [order.status for order in theirs.get_orders(asked)][::-1]


@pytest.mark.parametrize("order_class", [OrderClass.BRACKET, OrderClass.OTO])
@pytest.mark.parametrize("named", [0, 1])
def test_cancelling_one_of_a_group_cancels_what_is_left_of_it(
    theirs: Any, account: SandboxAccount, order_class: OrderClass, named: int
) -> None:
    exits = EXITS if order_class is OrderClass.BRACKET else {"stop_loss": EXITS["stop_loss"]}
    theirs.submit_order(limit())
    theirs.submit_order(limit(order_class=order_class, **exits))
    theirs.cancel_order_by_id(account.orders[1 + named].id)
    assert set(statuses(theirs)[1:]) == {OrderStatus.CANCELED}
    assert statuses(theirs)[0] is OrderStatus.ACCEPTED, "another order is not of the group"


def test_cancelling_the_stop_of_an_oco_order_cancels_its_profit(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    theirs.submit_order(limit(side=OrderSide.SELL, limit_price=None, order_class=OrderClass.OCO, **EXITS))
    theirs.cancel_order_by_id(account.orders[1].id)
    assert statuses(theirs) == [OrderStatus.CANCELED] * 2


def test_a_stop_loss_with_a_limit_is_a_stop_limit_order(theirs: Any) -> None:
    stop = StopLossRequest(stop_price=0.5, limit_price=0.4)
    placed = theirs.submit_order(limit(order_class=OrderClass.BRACKET, **{**EXITS, "stop_loss": stop}))
    (nested,) = theirs.get_orders(GetOrdersRequest(nested=True))
    assert (nested.id, [leg.type for leg in nested.legs]) == (placed.id, [OrderType.LIMIT, OrderType.STOP_LIMIT])
    assert (nested.legs[1].limit_price, nested.legs[1].stop_price) == ("0.4", "0.5")


def test_an_entry_that_fills_lets_its_profit_in_and_an_exit_that_fills_ends_the_other(
    alpaca: ServedAlpaca, theirs: Any, prices: dict[str, Decimal]
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    theirs.submit_order(MarketOrderRequest(**ENTRY, order_class=OrderClass.BRACKET, **EXITS))
    assert statuses(theirs) == [OrderStatus.FILLED, OrderStatus.NEW, OrderStatus.HELD]
    prices["AAPL"] = Decimal(301)
    assert statuses(theirs) == [OrderStatus.FILLED, OrderStatus.FILLED, OrderStatus.CANCELED]
    assert theirs.get_all_positions() == []


def test_the_stop_of_a_bracket_order_is_replaced_and_stays_of_the_group(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    theirs.submit_order(MarketOrderRequest(**ENTRY, order_class=OrderClass.BRACKET, **EXITS))
    new = theirs.replace_order_by_id(account.orders[2].id, ReplaceOrderRequest(stop_price=0.6))
    assert (new.stop_price, new.status, new.order_class) == ("0.6", OrderStatus.HELD, OrderClass.BRACKET)
    theirs.cancel_order_by_id(new.id)
    assert theirs.get_orders() == []


def trailing(side: OrderSide, **trail: float) -> TrailingStopOrderRequest:
    return TrailingStopOrderRequest(symbol="AAPL", qty=1, side=side, time_in_force=TimeInForce.DAY, **trail)


@pytest.mark.parametrize(
    ("side", "trail", "first", "second"),
    [
        (OrderSide.SELL, {"trail_price": 6.15}, ("200", "193.85"), ("210", "203.85")),
        (OrderSide.SELL, {"trail_percent": 1.0}, ("200", "198"), ("210", "207.9")),
        (OrderSide.BUY, {"trail_price": 5}, ("200", "205"), ("190", "195")),
    ],
)
def test_the_stop_of_a_trailing_order_follows_the_best_price(
    alpaca: ServedAlpaca,
    theirs: Any,
    prices: dict[str, Decimal],
    side: OrderSide,
    trail: dict[str, float],
    first: tuple[str, str],
    second: tuple[str, str],
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    prices["AAPL"] = Decimal(200)
    placed = theirs.submit_order(trailing(side, **trail))
    assert (placed.hwm, placed.stop_price) == first
    for price in (199, 210, 209) if side is OrderSide.SELL else (201, 190, 191):
        prices["AAPL"] = Decimal(price)
        theirs.get_clock()
    seen = theirs.get_order_by_id(placed.id)
    assert (seen.hwm, seen.stop_price) == second


@pytest.mark.parametrize(
    ("trail", "stop", "shown"),
    [({"trail_price": 6.15}, "193", ("7", None)), ({"trail_percent": 1.0}, "186", (None, "7"))],
)
def test_whichever_trail_an_order_has_is_changed_and_its_mark_stays(
    alpaca: ServedAlpaca,
    theirs: Any,
    prices: dict[str, Decimal],
    trail: dict[str, float],
    stop: str,
    shown: tuple[str | None, str | None],
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    prices["AAPL"] = Decimal(200)
    placed = theirs.submit_order(trailing(OrderSide.SELL, **trail))
    theirs.get_clock()
    prices["AAPL"] = Decimal(199)
    new = theirs.replace_order_by_id(placed.id, ReplaceOrderRequest(trail=7))
    assert ((new.trail_price, new.trail_percent), new.hwm, new.stop_price) == (shown, "200", stop)
    assert new.replaces == placed.id


@pytest.mark.parametrize(
    ("order", "profit", "stop", "message"),
    [
        # A limit is the base, of a market order the price of now.
        ({"limit_price": "100"}, "100", "90", "take_profit.limit_price must be >= base_price + 0.01"),
        ({"limit_price": "100"}, "110", "100", "stop_loss.stop_price must be <= base_price - 0.01"),
        ({"type": "market"}, "230", "90", "take_profit.limit_price must be >= base_price + 0.01"),
        ({"side": "sell", "limit_price": "300"}, "300", "310", "take_profit.limit_price must be <= base_price - 0.01"),
        ({"side": "sell", "limit_price": "300"}, "290", "300", "stop_loss.stop_price must be >= base_price + 0.01"),
    ],
)
def test_an_exit_that_would_be_there_at_once_is_refused(
    theirs: Any, account: SandboxAccount, order: dict[str, str], profit: str, stop: str, message: str
) -> None:
    exits = {"take_profit": {"limit_price": profit}, "stop_loss": {"stop_price": stop}}
    asked = limit_order(order_class="bracket", **{"limit_price": None, **order}, **exits)
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", asked)
    assert (caught.value.status_code, caught.value.code, caught.value.message) == (422, 42210000, message)
    assert account.orders == []


def test_a_bracket_is_for_the_day_or_until_cancelled(theirs: Any) -> None:
    exits = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "0.5"}}
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", limit_order(order_class="bracket", time_in_force="ioc", **exits))
    assert caught.value.status_code == 422
    assert theirs.post("/orders", limit_order(order_class="bracket", time_in_force="gtc", **exits))["status"]
