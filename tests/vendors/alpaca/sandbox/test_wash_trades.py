"""Orders that could trade with another one of the same account, by the table of Alpaca's page on user protection."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.served import ServedAlpaca

AT_ANY_PRICE, LIMIT = "opposite side market/stop order exists", "opposite side limit order exists"
BELOW, ABOVE = "229", "231"
EXITS = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "100"}}


def order(kind: str, side: str, price: str) -> dict[str, Any]:
    """One share of what costs 230.15."""
    stop = "240" if side == "buy" else "220"
    prices = {"market": {}, "limit": {"limit_price": price}, "stop": {"stop_price": stop}}
    prices["stop_limit"] = {"limit_price": price, "stop_price": stop}
    return {"symbol": "AAPL", "qty": "1", "side": side, "type": kind, "time_in_force": "day", **prices[kind]}


@pytest.fixture(autouse=True)
def held(account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(9), Decimal(200))


@pytest.fixture
def outcome(alpaca: ServedAlpaca, account: SandboxAccount, keys: tuple[str, str]) -> Callable[[dict[str, Any]], Any]:
    """Why an order is refused; None when it is not."""
    headers = dict(zip(("APCA-API-KEY-ID", "APCA-API-SECRET-KEY"), keys, strict=True))

    def asked(wanted: dict[str, Any]) -> Any:
        url = f"{alpaca.server.url('alpaca-paper')}/v2/orders"
        answer = httpx.post(url, json=wanted, headers=headers, trust_env=False)
        if answer.status_code == 200:
            return None
        body = answer.json()
        assert (answer.status_code, body["code"], body["existing_order_id"]) == (403, 40310000, account.orders[0].id)
        assert body["message"] == "potential wash trade detected. use complex orders"
        return body["reject_reason"]

    return asked


@pytest.mark.parametrize("new", ["market", "limit", "stop", "stop_limit"])
@pytest.mark.parametrize("known", ["market", "limit", "stop", "stop_limit"])
@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("crosses", [True, False])
def test_what_could_trade_with_another_order_is_refused(
    theirs: Any, outcome: Any, known: str, new: str, side: str, crosses: bool
) -> None:
    other = "sell" if side == "buy" else "buy"
    # The buyer pays as much as the seller asks for, or less.
    sold = BELOW if crosses else ABOVE
    prices = {"buy": BELOW, "sell": sold}
    theirs.post("/orders", order(known, side, prices[side]))
    at_any_price = {"market", "stop"}
    wanted = AT_ANY_PRICE if known in at_any_price else LIMIT if new in at_any_price or crosses else None
    assert outcome(order(new, other, prices[other])) == wanted


def test_orders_that_belong_together_and_trailing_ones_are_excepted(theirs: Any, outcome: Any) -> None:
    theirs.post("/orders", order("limit", "sell", "900"))
    bracket = {**order("market", "buy", ""), "order_class": "bracket", **EXITS}
    assert outcome(bracket) is None
    trailing = {**order("market", "buy", ""), "type": "trailing_stop", "trail_price": "5"}
    assert outcome(trailing) is None
    assert outcome(order("market", "buy", "")) == LIMIT


def test_a_trailing_order_is_in_nobodys_way(theirs: Any, outcome: Any) -> None:
    theirs.post("/orders", {**order("market", "sell", ""), "type": "trailing_stop", "trail_price": "5"})
    assert outcome(order("market", "buy", "")) is None


def test_an_exit_that_is_held_is_in_nobodys_way(theirs: Any, outcome: Any) -> None:
    theirs.post("/orders", {**order("limit", "buy", "200"), "order_class": "bracket", **EXITS})
    assert outcome(order("market", "buy", "")) is None
