"""Which orders fill while the market is open, and at what price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.served import ServedAlpaca, limit_order

# What AAPL costs in the sandbox.
PRICE = "230.15"


def end_of(theirs: Any, **changes: Any) -> tuple[str, str | None]:
    """Status and price of a limit order a moment after it was placed."""
    placed = theirs.post("/orders", limit_order(**changes))
    seen = theirs.get(f"/orders/{placed['id']}")
    return seen["status"], seen["filled_avg_price"]


@pytest.mark.parametrize(("side", "good", "bad"), [("buy", "230.16", "230.14"), ("sell", "230.14", "230.16")])
def test_a_limit_that_the_price_satisfies_fills_at_the_price(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, side: str, good: str, bad: str
) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(9), Decimal(200))
    assert end_of(theirs, side=side, limit_price=good) == ("accepted", None), "the market is closed"
    alpaca.sandbox.knobs.clock_is_open = True
    assert end_of(theirs, side=side, limit_price=good) == ("filled", PRICE)
    assert end_of(theirs, side=side, limit_price=PRICE) == ("filled", PRICE)
    assert end_of(theirs, side=side, limit_price=bad) == ("new", None)


@pytest.mark.parametrize("time_in_force", ["ioc", "fok"])
def test_what_has_to_fill_at_once_and_cannot_is_canceled(alpaca: ServedAlpaca, theirs: Any, time_in_force: str) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    assert end_of(theirs, time_in_force=time_in_force) == ("canceled", None)
    assert end_of(theirs, time_in_force=time_in_force, limit_price="231") == ("filled", PRICE)
    alpaca.sandbox.knobs.market_fills = False
    assert end_of(theirs, time_in_force=time_in_force, limit_price="231") == ("canceled", None)


def test_dollars_buy_shares_to_nine_decimals(alpaca: ServedAlpaca, theirs: Any, prices: dict[str, Decimal]) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    prices["AAPL"] = Decimal(300)
    bought = {"symbol": "AAPL", "side": "buy", "notional": "100", "type": "market", "time_in_force": "day"}
    placed = theirs.post("/orders", bought)
    seen = theirs.get(f"/orders/{placed['id']}")
    assert (seen["notional"], seen["qty"], seen["filled_qty"]) == ("100", None, "0.333333333")
    assert theirs.close_position("AAPL").qty == "0.333333333"


def test_an_order_for_extended_hours_fills_in_them(alpaca: ServedAlpaca, theirs: Any) -> None:
    knobs = alpaca.sandbox.knobs
    bought = theirs.post("/orders", limit_order(limit_price="231", extended_hours=True))["id"]
    waits = theirs.post("/orders", limit_order(limit_price="229", extended_hours=True))["id"]
    theirs.post("/orders", limit_order(limit_price="231"))
    assert {one["status"] for one in theirs.get("/orders")} == {"accepted"}
    knobs.extended_hours = True
    assert theirs.get(f"/orders/{bought}")["status"] == "filled"
    assert theirs.get(f"/orders/{waits}")["status"] == "new"
    assert [one["status"] for one in theirs.get("/orders")] == ["accepted", "new"], "one waits for the morning"
    assert theirs.get("/clock")["is_open"] is False


def test_no_stop_is_elected_in_extended_hours(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, prices: dict[str, Decimal]
) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    stop = {"symbol": "AAPL", "side": "sell", "qty": "1", "type": "stop", "stop_price": "220", "time_in_force": "gtc"}
    placed = theirs.post("/orders", stop)
    alpaca.sandbox.knobs.extended_hours, prices["AAPL"] = True, Decimal(200)
    assert theirs.get(f"/orders/{placed['id']}")["status"] == "accepted"
