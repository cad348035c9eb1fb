"""What an order says beside its prices, and how one is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import PositionIntent
from alpaca.trading.requests import GetOrdersRequest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.orders import SandboxOrder
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit
from tests.vendors.alpaca.served import limit_order


def refusal(call: Any, *arguments: Any) -> tuple[int, int, str]:
    with pytest.raises(APIError) as caught:
        call(*arguments)
    return caught.value.status_code, caught.value.code, caught.value.message


@pytest.mark.parametrize(("classes", "count"), [("all", 1), ("us_equity", 1), ("crypto,us_equity", 1), ("crypto", 0)])
def test_orders_are_listed_by_their_class_and_all_means_each(theirs: Any, classes: str, count: int) -> None:
    theirs.post("/orders", limit_order())
    assert len(theirs.get("/orders", {"asset_class": classes})) == count
    assert len(theirs.get_orders(GetOrdersRequest())) == 1


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_id_that_is_no_uuid_is_not_looked_for(theirs: Any, method: str) -> None:
    arguments = ["/orders/some_order_id", {"qty": "1"}] if method == "patch" else ["/orders/some_order_id"]
    assert refusal(getattr(theirs, method), *arguments) == (422, 40010001, "order_id is missing")
    unknown = "61e69015-8549-4bfd-b9c3-01e75843f47d"
    assert refusal(theirs.get, f"/orders/{unknown}") == (404, 40410000, f"order not found for {unknown}")


@pytest.mark.parametrize(
    ("held", "side", "intent"),
    [
        (0, "buy", PositionIntent.BUY_TO_OPEN),
        (5, "buy", PositionIntent.BUY_TO_OPEN),
        (5, "sell", PositionIntent.SELL_TO_CLOSE),
        (0, "sell", PositionIntent.SELL_TO_OPEN),
        (-5, "sell", PositionIntent.SELL_TO_OPEN),
        (-5, "buy", PositionIntent.BUY_TO_CLOSE),
    ],
)
def test_an_order_says_what_it_means_for_the_position(
    theirs: Any, account: SandboxAccount, held: int, side: str, intent: PositionIntent
) -> None:
    if held:
        account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(held), Decimal(200))
    placed = theirs.submit_order(limit(side=side, limit_price=230.0))
    assert placed.position_intent is intent
    assert theirs.get_order_by_id(placed.id).position_intent is intent


def test_an_intent_that_was_given_stays_and_nonsense_is_refused(theirs: Any) -> None:
    given = theirs.post("/orders", limit_order(position_intent="buy_to_open"))
    assert given["position_intent"] == "buy_to_open"
    assert refusal(theirs.post, "/orders", limit_order(position_intent="buy"))[:2] == (422, 40010001)


def test_the_exits_of_a_bracket_close(theirs: Any) -> None:
    exits = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "0.5"}}
    placed = theirs.post("/orders", limit_order(order_class="bracket", **exits))
    legs = theirs.get(f"/orders/{placed['id']}", {"nested": True})["legs"]
    assert [leg["position_intent"] for leg in legs] == ["sell_to_close"] * 2


@pytest.mark.parametrize(
    ("submitted", "more", "expires"),
    [
        # A Tuesday in winter: before the close, after it, and in the hours after.
        ("2024-12-10T16:15:53", {}, "2024-12-10T21:00:00Z"),
        ("2024-12-10T21:00:01", {}, "2024-12-11T21:00:00Z"),
        ("2024-12-10T21:00:01", {"extended_hours": True}, "2024-12-11T01:00:00Z"),
        # A Saturday in summer.
        ("2026-07-04T12:00:00", {}, "2026-07-06T20:00:00Z"),
        # Until cancelled is ninety days, and the afternoon of the last one: in winter, in summer.
        ("2024-12-10T16:15:53", {"time_in_force": "gtc"}, "2025-03-10T20:15:00Z"),
        ("2026-09-01T12:00:00", {"time_in_force": "gtc"}, "2026-11-30T21:15:00Z"),
        ("2024-12-10T16:15:53", {"time_in_force": "ioc"}, None),
    ],
)
def test_a_day_order_says_when_its_day_ends(submitted: str, more: dict[str, Any], expires: str | None) -> None:
    moment = datetime.fromisoformat(submitted).replace(tzinfo=UTC)
    order = SandboxOrder("AAPL", "buy", "market", submitted_ns=int(moment.timestamp()) * 1_000_000_000, **more)
    assert order.as_json()["expires_at"] == expires


@pytest.mark.parametrize(
    ("cash", "settings", "order", "refused"),
    [
        ("100000", {}, {"qty": "0.5"}, (422, 42210000, "fractional orders cannot be sold short")),
        ("100000", {"no_shorting": True}, {}, (403, 40310000, "account is not allowed to short")),
        ("1999", {}, {}, (403, 40310000, "account is not allowed to short")),
    ],
)
def test_not_everything_is_sold_short(
    theirs: Any,
    account: SandboxAccount,
    cash: str,
    settings: dict[str, Any],
    order: dict[str, Any],
    refused: tuple[int, int, str],
) -> None:
    account.cash = Decimal(cash)
    account.configurations |= settings
    short = limit_order(side="sell", limit_price="300", **order)
    assert refusal(theirs.post, "/orders", short) == refused
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    assert theirs.post("/orders", short)["position_intent"] == "sell_to_close"


def test_the_account_says_whether_it_may_sell_short(theirs: Any, account: SandboxAccount) -> None:
    assert theirs.get_account().shorting_enabled
    account.cash = Decimal(1999)
    assert not theirs.get_account().shorting_enabled


def test_a_quantity_is_cut_to_nine_decimals(theirs: Any) -> None:
    assert theirs.post("/orders", limit_order(qty="1.23456789199"))["qty"] == "1.234567891"


def test_orders_that_belong_together_are_not_for_extended_hours(theirs: Any, account: SandboxAccount) -> None:
    exits = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "0.5"}}
    for order_class in ("bracket", "oto", "oco"):
        asked = limit_order(order_class=order_class, extended_hours=True, **exits)
        assert refusal(theirs.post, "/orders", asked)[:2] == (422, 42210000)
    assert account.orders == []
