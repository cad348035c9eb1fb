"""Replacements that the twin refuses, with the codes and the words of Alpaca."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide
from alpaca.trading.requests import ReplaceOrderRequest, StopLossRequest, TakeProfitRequest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit
from tests.vendors.alpaca.served import ServedAlpaca, limit_order

INVALID_STATE = 42210000


def refusal(theirs: Any, order: Any, **changes: Any) -> tuple[int, int, str]:
    with pytest.raises(APIError) as caught:
        theirs.patch(f"/orders/{order.id}", changes)
    return caught.value.status_code, caught.value.code, caught.value.message


def test_an_order_that_waits_for_the_market_or_is_over_is_not_replaced(alpaca: ServedAlpaca, theirs: Any) -> None:
    placed = theirs.submit_order(limit())
    waits = (422, INVALID_STATE, "cannot replace order in accepted status")
    assert refusal(theirs, placed, qty="2") == waits
    alpaca.sandbox.knobs.clock_is_open = True
    assert theirs.get_order_by_id(placed.id).status == "new"
    new = theirs.replace_order_by_id(placed.id, ReplaceOrderRequest(qty=2))
    assert refusal(theirs, placed, qty="3") == (422, INVALID_STATE, "order already replaced")
    theirs.cancel_order_by_id(new.id)
    assert refusal(theirs, new, qty="3") == (422, INVALID_STATE, "cannot replace order in canceled status")


@pytest.mark.parametrize(
    "changes",
    [{}, {"stop_loss": {"stop_price": "53.2"}}, {"qty": "1", "limit_price": 1.0}, {"time_in_force": "day"}],
)
def test_a_replacement_that_changes_nothing_is_refused(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, changes: dict[str, Any]
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    placed = theirs.submit_order(limit())
    assert refusal(theirs, placed, **changes) == (422, INVALID_STATE, "order parameters are not changed")
    assert [order.status for order in account.orders] == ["new"]


def test_the_quantity_of_orders_that_belong_together_stays(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount
) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(2), Decimal(200))
    alpaca.sandbox.knobs.clock_is_open = True
    exits = {"take_profit": TakeProfitRequest(limit_price=900), "stop_loss": StopLossRequest(stop_price=100)}
    placed = theirs.submit_order(limit(side=OrderSide.SELL, limit_price=None, order_class=OrderClass.OCO, **exits))
    assert refusal(theirs, placed, qty="2") == (422, INVALID_STATE, "qty cannot be changed for advanced orders")
    assert theirs.replace_order_by_id(placed.id, ReplaceOrderRequest(limit_price=901)).limit_price == "901"


def test_what_was_filled_is_not_taken_back(alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    placed = theirs.post("/orders", limit_order(qty="5"))
    account.orders[0].filled_qty = Decimal(2)
    order = theirs.get_order_by_id(placed["id"])
    assert refusal(theirs, order, qty="2") == (422, INVALID_STATE, "qty must be > filled_qty")
    assert theirs.replace_order_by_id(order.id, ReplaceOrderRequest(qty=3)).qty == "3"
