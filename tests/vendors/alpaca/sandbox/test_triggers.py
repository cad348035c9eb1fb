"""Which prices trigger a stop, and what becomes of it then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    GetOrdersRequest,
    MarketOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit
from tests.vendors.alpaca.served import ServedAlpaca

DAY = {"symbol": "AAPL", "qty": 1, "time_in_force": TimeInForce.DAY}
EXITS = {"take_profit": TakeProfitRequest(limit_price=300), "stop_loss": StopLossRequest(stop_price=190)}


@pytest.fixture
def priced(alpaca: ServedAlpaca, account: SandboxAccount, prices: dict[str, Decimal]) -> dict[str, Decimal]:
    """An open market, one share at 200, and one that is held."""
    alpaca.sandbox.knobs.clock_is_open = True
    prices["AAPL"] = Decimal(200)
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(150))
    return prices


def seen(theirs: Any, order: Any) -> tuple[OrderStatus, str | None]:
    found = theirs.get_order_by_id(order.id)
    return found.status, found.filled_avg_price


def statuses(theirs: Any) -> list[OrderStatus]:
    asked = GetOrdersRequest(status=QueryOrderStatus.ALL, nested=False)
    return [order.status for order in theirs.get_orders(asked)][::-1]


def test_a_stop_sells_at_the_market_once_the_price_is_there(theirs: Any, priced: dict[str, Decimal]) -> None:
    placed = theirs.submit_order(StopOrderRequest(**DAY, side=OrderSide.SELL, stop_price=190))
    assert seen(theirs, placed) == (OrderStatus.NEW, None)
    priced["AAPL"] = Decimal("190.01")
    assert seen(theirs, placed) == (OrderStatus.NEW, None)
    priced["AAPL"] = Decimal(170)
    assert seen(theirs, placed) == (OrderStatus.FILLED, "170")
    assert theirs.get_all_positions() == []


@pytest.mark.parametrize(("stop", "most"), [(210, "215.25"), (40, "41.6")])
def test_a_stop_to_buy_is_a_limit_a_little_above_it(
    theirs: Any, priced: dict[str, Decimal], stop: int, most: str
) -> None:
    priced["AAPL"] = Decimal(stop - 1)
    placed = theirs.submit_order(StopOrderRequest(**DAY, side=OrderSide.BUY, stop_price=stop))
    priced["AAPL"] = Decimal(most) + Decimal("0.01")
    assert seen(theirs, placed) == (OrderStatus.NEW, None), "triggered, and too dear"
    priced["AAPL"] = Decimal(most)
    assert seen(theirs, placed) == (OrderStatus.FILLED, most)


def test_a_stop_limit_is_a_limit_once_it_was_triggered(theirs: Any, priced: dict[str, Decimal]) -> None:
    asked = StopLimitOrderRequest(**DAY, side=OrderSide.SELL, stop_price=190, limit_price=189)
    placed = theirs.submit_order(asked)
    priced["AAPL"] = Decimal(180)
    assert seen(theirs, placed) == (OrderStatus.NEW, None), "a gap: below its limit"
    priced["AAPL"] = Decimal("191.50")
    assert seen(theirs, placed) == (OrderStatus.FILLED, "191.5")


def test_a_trailing_stop_sells_when_the_price_falls_back_by_its_trail(theirs: Any, priced: dict[str, Decimal]) -> None:
    asked = TrailingStopOrderRequest(**DAY, side=OrderSide.SELL, trail_price=5)
    placed = theirs.submit_order(asked)
    priced["AAPL"] = Decimal(220)
    assert seen(theirs, placed) == (OrderStatus.NEW, None)
    priced["AAPL"] = Decimal(215)
    assert seen(theirs, placed) == (OrderStatus.FILLED, "215")
    assert theirs.get_order_by_id(placed.id).hwm == "220"


def test_nothing_is_triggered_while_the_market_is_closed(
    alpaca: ServedAlpaca, theirs: Any, priced: dict[str, Decimal]
) -> None:
    alpaca.sandbox.knobs.clock_is_open = False
    placed = theirs.submit_order(StopOrderRequest(**DAY, side=OrderSide.SELL, stop_price=190))
    priced["AAPL"] = Decimal(180)
    assert seen(theirs, placed) == (OrderStatus.ACCEPTED, None)
    alpaca.sandbox.knobs.clock_is_open = True
    assert seen(theirs, placed) == (OrderStatus.FILLED, "180")


def test_the_stop_of_a_bracket_ends_the_order_that_takes_the_profit(
    theirs: Any, account: SandboxAccount, priced: dict[str, Decimal]
) -> None:
    del account.positions["AAPL"]
    theirs.submit_order(MarketOrderRequest(**DAY, side=OrderSide.BUY, order_class=OrderClass.BRACKET, **EXITS))
    assert statuses(theirs) == [OrderStatus.FILLED, OrderStatus.NEW, OrderStatus.HELD]
    priced["AAPL"] = Decimal(189)
    assert statuses(theirs) == [OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.FILLED]
    assert theirs.get_all_positions() == []


def test_the_stop_of_an_entry_that_waits_is_not_triggered(
    theirs: Any, account: SandboxAccount, priced: dict[str, Decimal]
) -> None:
    del account.positions["AAPL"]
    theirs.submit_order(limit(limit_price=195, order_class=OrderClass.BRACKET, **EXITS))
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(150))
    account.orders[0].limit_price = Decimal(1)
    priced["AAPL"] = Decimal(180)
    assert statuses(theirs) == [OrderStatus.NEW, OrderStatus.HELD, OrderStatus.HELD]


def test_the_stop_of_an_oco_order_ends_its_profit(theirs: Any, priced: dict[str, Decimal]) -> None:
    theirs.submit_order(limit(side=OrderSide.SELL, limit_price=None, order_class=OrderClass.OCO, **EXITS))
    priced["AAPL"] = Decimal(185)
    assert statuses(theirs) == [OrderStatus.CANCELED, OrderStatus.FILLED]


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize(
    ("side", "stop", "message"),
    [
        (OrderSide.SELL, "200", "stop price must be less than current price"),
        (OrderSide.BUY, "200", "stop price must be greater than current price"),
    ],
)
def test_a_stop_that_would_be_triggered_at_once_is_refused(
    alpaca: ServedAlpaca,
    theirs: Any,
    account: SandboxAccount,
    is_open: bool,
    side: OrderSide,
    stop: str,
    message: str,
) -> None:
    alpaca.sandbox.knobs.clock_is_open = is_open
    with pytest.raises(APIError) as caught:
        theirs.submit_order(StopOrderRequest(**DAY, side=side, stop_price=float(stop)))
    assert (caught.value.status_code, caught.value.code, caught.value.message) == (422, 42210000, message)
    refused = caught.value.response.json()
    assert (refused["market_price"], refused["stop_price"]) == ("200", stop)
    assert account.orders == []
