"""When orders end by themselves: with the day, with an auction, after ninety days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import GetOrdersRequest, MarketOrderRequest, StopLossRequest, TakeProfitRequest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit
from tests.vendors.alpaca.served import ServedAlpaca, limit_order

EXITS = {"take_profit": TakeProfitRequest(limit_price=900), "stop_loss": StopLossRequest(stop_price=0.5)}


def statuses(theirs: Any) -> list[OrderStatus]:
    return [order.status for order in theirs.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, nested=False))][
        ::-1
    ]


def test_a_day_order_expires_when_the_market_closes_over_it(alpaca: ServedAlpaca, theirs: Any) -> None:
    knobs = alpaca.sandbox.knobs
    before = theirs.submit_order(limit())
    assert theirs.get_order_by_id(before.id).status is OrderStatus.ACCEPTED, "it waits for its day"
    knobs.clock_is_open = True
    kept = theirs.submit_order(limit(time_in_force=TimeInForce.GTC))
    longer = theirs.submit_order(limit(extended_hours=True))
    assert theirs.get_order_by_id(before.id).status is OrderStatus.NEW
    knobs.clock_is_open = False
    ended = theirs.get_order_by_id(before.id)
    assert (ended.status, ended.expired_at is not None) == (OrderStatus.EXPIRED, True)
    assert {one.id for one in theirs.get_orders()} == {kept.id, longer.id}
    with pytest.raises(APIError, match="expired"):
        theirs.cancel_order_by_id(before.id)


def test_the_exits_of_a_day_end_with_it(alpaca: ServedAlpaca, theirs: Any) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    day = {"symbol": "AAPL", "qty": 1, "side": OrderSide.BUY, "time_in_force": TimeInForce.DAY}
    theirs.submit_order(MarketOrderRequest(**day, order_class=OrderClass.BRACKET, **EXITS))
    assert statuses(theirs) == [OrderStatus.FILLED, OrderStatus.NEW, OrderStatus.HELD]
    alpaca.sandbox.knobs.clock_is_open = False
    assert statuses(theirs) == [OrderStatus.FILLED, OrderStatus.EXPIRED, OrderStatus.EXPIRED]


@pytest.mark.parametrize(("price", "end"), [("1000", OrderStatus.FILLED), ("1", OrderStatus.CANCELED)])
def test_an_order_for_the_closing_auction_ends_with_the_market(
    alpaca: ServedAlpaca, theirs: Any, price: str, end: OrderStatus
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    theirs.post("/orders", limit_order(time_in_force="cls", limit_price=price))
    assert statuses(theirs) == [OrderStatus.NEW]
    alpaca.sandbox.knobs.clock_is_open = False
    assert statuses(theirs) == [end]


@pytest.mark.parametrize(("price", "end"), [("1000", OrderStatus.FILLED), ("1", OrderStatus.CANCELED)])
def test_an_order_for_the_opening_auction_ends_with_it(
    alpaca: ServedAlpaca, theirs: Any, price: str, end: OrderStatus
) -> None:
    theirs.post("/orders", limit_order(time_in_force="opg", limit_price=price))
    assert statuses(theirs) == [OrderStatus.ACCEPTED]
    alpaca.sandbox.knobs.clock_is_open = True
    assert statuses(theirs) == [end]


def test_the_opening_auction_takes_no_orders_while_the_market_is_open(alpaca: ServedAlpaca, theirs: Any) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", limit_order(time_in_force="opg"))
    assert (caught.value.status_code, caught.value.code) == (403, 40310000)
    assert caught.value.message == "opg orders must be submitted after 7:00pm and before 9:28am"


def test_an_order_for_crypto_does_not_end_with_the_day(alpaca: ServedAlpaca, theirs: Any) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    theirs.post("/orders", limit_order(symbol="BTC/USD", limit_price="20", time_in_force="gtc"))
    alpaca.sandbox.knobs.clock_is_open = False
    assert statuses(theirs) == [OrderStatus.NEW]


def test_what_is_told_of_an_order_that_expires(alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(100))
    alpaca.sandbox.knobs.clock_is_open = True
    theirs.submit_order(limit())
    theirs.get_clock()
    alpaca.sandbox.knobs.clock_is_open = False
    theirs.get_clock()
    assert [update["event"] for update in account.updates] == ["pending_new", "new", "expired"]


def test_a_cancellation_is_asked_for_once(alpaca: ServedAlpaca, theirs: Any) -> None:
    alpaca.sandbox.knobs.cancel_lag_s = 3600
    first, second = theirs.submit_order(limit()), theirs.submit_order(limit())
    theirs.cancel_order_by_id(first.id)
    assert theirs.get_order_by_id(first.id).status is OrderStatus.PENDING_CANCEL
    with pytest.raises(APIError) as caught:
        theirs.cancel_order_by_id(first.id)
    assert (caught.value.status_code, caught.value.code) == (422, 42210000)
    assert caught.value.message == "order pending cancel"
    assert {one.id: one.status for one in theirs.cancel_orders()} == {first.id: 422, second.id: 200}
    assert theirs.close_all_positions(cancel_orders=True) == []


def test_what_is_over_otherwise_is_not_cancelled(alpaca: ServedAlpaca, theirs: Any) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    filled = theirs.submit_order(limit(limit_price=500))
    with pytest.raises(APIError) as caught:
        theirs.cancel_order_by_id(filled.id)
    wanted = (422, 42210000, 'order is already in "filled" state')
    assert (caught.value.status_code, caught.value.code, caught.value.message) == wanted
