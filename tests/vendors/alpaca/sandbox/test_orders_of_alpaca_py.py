"""Orders that alpaca-py places at the twin: paged, filtered, nested, replaced, cancelled, refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from alpaca.common.enums import Sort
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, QueryOrderStatus
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    ReplaceOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
)

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit
from tests.vendors.alpaca.served import ServedAlpaca, limit_order


def test_alpaca_py_pages_through_many_orders(theirs: Any, account: SandboxAccount) -> None:
    placed = [account.place(limit_order()).id for _ in range(620)]
    assert len(theirs.get_orders()) == 50
    newest = theirs.get_orders(GetOrdersRequest(limit=500))
    assert [str(order.id) for order in newest] == placed[::-1][:500]
    first = theirs.get_orders(GetOrdersRequest(limit=500, direction=Sort.ASC, nested=False))
    after = first[-1].submitted_at - timedelta(microseconds=1)
    second = theirs.get_orders(GetOrdersRequest(limit=500, direction=Sort.ASC, after=after))
    assert {str(order.id) for order in [*first, *second]} == set(placed)
    assert [str(order.id) for order in theirs.get_orders(GetOrdersRequest(limit=500, until=after))] == [
        order.id for order in reversed(account.orders) if order.submitted_ns < int(after.timestamp() * 1e6) * 1000
    ]


def test_alpaca_py_filters_by_status_symbol_and_side(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    wanted = account.place(limit_order())
    account.place(limit_order(symbol="MSFT"))
    account.place(limit_order(side="sell", limit_price="900"))
    account.cancel(account.place(limit_order()))

    def counted(**query: Any) -> int:
        return len(theirs.get_orders(GetOrdersRequest(**query)))

    assert [counted(status=status) for status in QueryOrderStatus] == [3, 1, 4]
    found = theirs.get_orders(GetOrdersRequest(symbols=["AAPL"], side=OrderSide.BUY))
    assert [str(order.id) for order in found] == [wanted.id]


def test_alpaca_py_sees_bracket_legs_nested_or_as_rows(theirs: Any) -> None:
    bracket = limit(
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfitRequest(limit_price=300),
        stop_loss=StopLossRequest(stop_price=0.5),
    )
    placed = theirs.submit_order(bracket)
    assert [(leg.type, leg.status) for leg in placed.legs] == [("limit", OrderStatus.HELD), ("stop", OrderStatus.HELD)]
    assert theirs.submit_order(limit(symbol="MSFT")).legs is None
    theirs.cancel_order_by_id(theirs.get_orders()[0].id)
    (nested,) = theirs.get_orders(GetOrdersRequest(nested=True))
    assert [leg.status for leg in nested.legs] == [OrderStatus.HELD, OrderStatus.HELD]
    assert len(theirs.get_orders(GetOrdersRequest(nested=False))) == 3
    theirs.cancel_order_by_id(placed.id)
    assert theirs.get_orders() == []


def test_alpaca_py_cancels_all_orders(theirs: Any) -> None:
    placed = {theirs.submit_order(limit()).id for _ in range(3)}
    answers = theirs.cancel_orders()
    assert ({answer.id for answer in answers}, {answer.status for answer in answers}) == (placed, {200})
    assert theirs.get_orders() == []
    assert theirs.cancel_orders() == []


def test_alpaca_py_reads_and_closes_a_position(theirs: Any, account: SandboxAccount, alpaca: ServedAlpaca) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(4), Decimal(200))
    held = theirs.get_open_position("AAPL")
    assert (held.qty, theirs.get_open_position(held.asset_id).symbol) == ("4", "AAPL")
    with pytest.raises(APIError) as caught:
        theirs.get_open_position("MSFT")
    assert (caught.value.status_code, caught.value.code) == (404, 40410000)
    alpaca.sandbox.knobs.clock_is_open = True
    half = theirs.close_position("AAPL", ClosePositionRequest(percentage="50"))
    assert (half.qty, half.side) == ("2", OrderSide.SELL)
    assert [(one.symbol, one.status) for one in theirs.close_all_positions(cancel_orders=True)] == [("AAPL", 200)]
    assert theirs.get_all_positions() == []
    fills = theirs.get("/account/activities")
    assert [(one["activity_type"], one["qty"]) for one in fills] == [("FILL", "2"), ("FILL", "2")]


def test_alpaca_py_replaces_an_order_that_is_in_the_market(theirs: Any, alpaca: ServedAlpaca) -> None:
    waiting = theirs.submit_order(limit())
    with pytest.raises(APIError, match="cannot replace order in accepted status"):
        theirs.replace_order_by_id(waiting.id, ReplaceOrderRequest(qty=2))
    alpaca.sandbox.knobs.clock_is_open = True
    assert theirs.get_order_by_id(waiting.id).status is OrderStatus.NEW
    new = theirs.replace_order_by_id(waiting.id, ReplaceOrderRequest(qty=2, limit_price=2.0))
    old = theirs.get_order_by_id(waiting.id)
    assert (new.qty, new.limit_price, new.replaces, new.client_order_id != old.client_order_id) == (
        "2",
        "2",
        old.id,
        True,
    )
    assert (old.status, old.replaced_by) == (OrderStatus.REPLACED, new.id)
    assert [one.id for one in theirs.get_orders()] == [new.id]


def test_alpaca_py_places_an_order_of_which_one_cancels_the_other(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    exits = {"take_profit": TakeProfitRequest(limit_price=400), "stop_loss": StopLossRequest(stop_price=100)}
    order = limit(side=OrderSide.SELL, limit_price=None, order_class=OrderClass.OCO, **exits)
    placed = theirs.submit_order(order)
    legs = theirs.get_order_by_id(placed.id, GetOrderByIdRequest(nested=True)).legs
    assert (placed.limit_price, [(one.side, one.stop_price) for one in legs]) == ("400", [(OrderSide.SELL, "100")])
    theirs.cancel_order_by_id(placed.id)
    assert theirs.get_orders() == []
    assert theirs.get_portfolio_history().equity == [float(theirs.get_account().equity)]


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        (limit_order(symbol="ZZZZQX"), 422, 42210000),
        (limit_order(qty="0.5", time_in_force="gtc"), 422, 42210000),
        (limit_order(type="stop", limit_price=None), 422, 40010001),
        ([], 400, 40010000),
    ],
)
def test_what_is_no_order_is_refused(
    alpaca: ServedAlpaca, keys: tuple[str, str], order: Any, status: int, code: int
) -> None:
    headers = dict(zip(("APCA-API-KEY-ID", "APCA-API-SECRET-KEY"), keys, strict=True))
    url = alpaca.server.url("alpaca-paper")
    answer = httpx.post(f"{url}/v2/orders", json=order, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_yes_or_no_is_written_in_several_ways(theirs: Any) -> None:
    exits = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "0.5"}}
    placed = theirs.post("/orders", limit_order(order_class="bracket", **exits))
    for path in ("/orders", f"/orders/{placed['id']}"):
        for text, nested in (("true", True), ("True", True), ("1", True), ("false", False), ("0", False)):
            answer = theirs.get(path, {"nested": text})
            first = answer if isinstance(answer, dict) else answer[-1]
            assert (first["legs"] is not None) is nested
        with pytest.raises(APIError) as caught:
            theirs.get(path, {"nested": "perhaps"})
        assert (caught.value.status_code, caught.value.code) == (422, 40010001)
