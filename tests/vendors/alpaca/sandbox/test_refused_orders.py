"""Orders that contradict the account's positions, settings and other orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderClass, OrderSide, PositionIntent, TimeInForce
from alpaca.trading.requests import LimitOrderRequest, OptionLegRequest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.served import ServedAlpaca, limit_order

BAD_PARAMETER, FORBIDDEN, INVALID_STATE = 40010001, 40310000, 42210000
EXITS = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "100"}}
SHORT_EXITS = {"take_profit": {"limit_price": "100"}, "stop_loss": {"stop_price": "300"}}


def market_order(**changes: Any) -> dict[str, Any]:
    return {"symbol": "AAPL", "side": "buy", "qty": "1", "type": "market", "time_in_force": "day", **changes}


def refusal(theirs: Any, order: dict[str, Any]) -> tuple[int, int, str]:
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", order)
    return caught.value.status_code, caught.value.code, caught.value.message


def hold(account: SandboxAccount, qty: int) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(qty), Decimal(200))


@pytest.mark.parametrize(
    ("held", "order", "message"),
    [
        (0, limit_order(side="sell", order_class="oco", **EXITS), "oco orders must be exit orders"),
        (1, limit_order(side="buy", order_class="oco", **SHORT_EXITS), "oco orders must be exit orders"),
        (1, market_order(side="sell", order_class="bracket", **SHORT_EXITS), "bracket orders must be entry orders"),
        (-1, market_order(side="buy", order_class="bracket", **EXITS), "bracket orders must be entry orders"),
        (1, market_order(side="sell", order_class="oto", **SHORT_EXITS), "oto orders must be entry orders"),
    ],
)
def test_an_entry_opens_and_an_exit_closes(
    theirs: Any, account: SandboxAccount, held: int, order: dict[str, Any], message: str
) -> None:
    if held:
        hold(account, held)
    assert refusal(theirs, order) == (422, INVALID_STATE, message)
    assert account.orders == []


def test_an_entry_may_add_to_a_position(theirs: Any, account: SandboxAccount) -> None:
    hold(account, 1)
    assert theirs.post("/orders", market_order(order_class="bracket", **EXITS))["status"] == "accepted"


def test_the_stop_of_exits_is_beyond_the_price_of_now_too(theirs: Any, account: SandboxAccount) -> None:
    hold(account, 1)
    exits = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "230.15"}}
    oco = limit_order(side="sell", limit_price=None, order_class="oco", **exits)
    wanted = (422, INVALID_STATE, "stop_loss.stop_price must be <= base_price - 0.01")
    assert refusal(theirs, oco) == wanted
    assert refusal(theirs, limit_order(limit_price="250", order_class="bracket", **exits)) == wanted


def test_a_short_position_is_not_bought_into_a_long_one(theirs: Any, account: SandboxAccount) -> None:
    hold(account, -2)
    wanted = "insufficient qty available for order (requested: 3, available: 2)"
    assert refusal(theirs, market_order(qty="3")) == (403, FORBIDDEN, wanted)
    assert theirs.post("/orders", market_order(qty="2"))["position_intent"] == "buy_to_close"


@pytest.mark.parametrize(
    ("held", "order", "inferred"),
    [
        (0, market_order(position_intent="buy_to_close"), "buy_to_open"),
        (1, market_order(side="sell", position_intent="sell_to_open"), "sell_to_close"),
        (0, market_order(position_intent="sell_to_open"), "buy_to_open"),
    ],
)
def test_an_order_says_what_it_is(
    theirs: Any, account: SandboxAccount, held: int, order: dict[str, Any], inferred: str
) -> None:
    if held:
        hold(account, held)
    message = f"position intent mismatch, inferred: {inferred}, specified: {order['position_intent']}"
    assert refusal(theirs, order) == (422, INVALID_STATE, message)


def test_alpaca_pys_intent_is_taken(theirs: Any) -> None:
    asked = LimitOrderRequest(
        symbol="AAPL",
        qty=1,
        side=OrderSide.BUY,
        limit_price=1,
        time_in_force=TimeInForce.DAY,
        position_intent=PositionIntent.BUY_TO_OPEN,
    )
    assert theirs.submit_order(asked).position_intent is PositionIntent.BUY_TO_OPEN


@pytest.mark.parametrize(
    ("order", "refused"),
    [
        (market_order(qty=None, notional="0.99"), (422, BAD_PARAMETER, "notional must be >= 1.00")),
        (market_order(qty="0.001"), (403, FORBIDDEN, "cost basis must be >= minimal amount of order 1")),
        (market_order(trail_price="1"), (422, BAD_PARAMETER, "market orders must not have trail_price")),
        (market_order(qty="0.0000000001"), (422, BAD_PARAMETER, "qty must be > 0")),
        (market_order(side="hold"), (422, BAD_PARAMETER, "invalid side")),
        (
            market_order(order_class="oto"),
            (422, BAD_PARAMETER, "oto orders require either take_profit or stop_loss"),
        ),
        (
            {**market_order(), "symbol": "BTC/USD", "type": "stop", "stop_price": "300", "time_in_force": "gtc"},
            (422, BAD_PARAMETER, "invalid order type for crypto order"),
        ),
    ],
)
def test_what_no_order_may_be(theirs: Any, order: dict[str, Any], refused: tuple[int, int, str]) -> None:
    assert refusal(theirs, order) == refused


def test_an_account_without_fractions_buys_whole_shares(theirs: Any) -> None:
    theirs.patch("/account/configurations", {"fractional_trading": False})
    wanted = (403, FORBIDDEN, "fractional trading is disabled for this account")
    assert refusal(theirs, market_order(qty="1.5")) == wanted
    assert refusal(theirs, market_order(qty=None, notional="10")) == wanted
    assert theirs.post("/orders", market_order())["qty"] == "1"


def test_a_contract_that_is_not_there_is_not_ordered(theirs: Any) -> None:
    contract = "AAPL240223C00095000"
    wanted = (422, INVALID_STATE, f'contract "{contract}" not found')
    assert refusal(theirs, limit_order(symbol=contract)) == wanted


def test_several_contracts_at_once_are_looked_up_one_by_one(theirs: Any) -> None:
    contracts = ("AAPL240223C00095000", "AAPL240223C00100000")
    legs = [
        OptionLegRequest(symbol=contract, side=side, ratio_qty=1)
        for contract, side in zip(contracts, (OrderSide.BUY, OrderSide.SELL), strict=True)
    ]
    spread = LimitOrderRequest(
        qty=1, limit_price=1, order_class=OrderClass.MLEG, time_in_force=TimeInForce.DAY, legs=legs
    )
    with pytest.raises(APIError) as caught:
        theirs.submit_order(spread)
    assert (caught.value.code, caught.value.message) == (INVALID_STATE, f"asset not found for {contracts[0]}")
    one = limit_order(symbol=None, order_class="mleg", legs=[{"symbol": contracts[0]}])
    wanted = "mleg orders must have at least 2 legs and at most 4 legs"
    assert refusal(theirs, one) == (422, INVALID_STATE, wanted)


def test_what_is_sold_short_takes_buying_power(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, prices: dict[str, Decimal]
) -> None:
    account.cash, prices["AAPL"] = Decimal(5000), Decimal(100)
    first = theirs.post("/orders", limit_order(side="sell", qty="10", limit_price="110"))
    assert theirs.get_account().buying_power == "8900", "at the limit"
    theirs.post("/orders", limit_order(side="sell", qty="10", limit_price="101"))
    assert theirs.get_account().buying_power == "7870", "three per cent above the price at least"
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", market_order(side="sell", qty="77"))
    refused = caught.value.response.json()
    assert (refused["code"], refused["message"]) == (FORBIDDEN, "insufficient buying power")
    assert (refused["buying_power"], refused["cost_basis"]) == ("7870", "7931")
    theirs.cancel_order_by_id(first["id"])
    assert theirs.get_account().buying_power == "8970"
    alpaca.sandbox.knobs.clock_is_open = True
    theirs.cancel_orders()
    theirs.post("/orders", market_order(side="sell", qty="10"))
    assert theirs.get_account().buying_power == "9000"


@pytest.mark.parametrize(
    ("cash", "multiplier", "power"), [("100000", "1", "100000"), ("100000", "2", "200000"), ("1999", "2", "1999")]
)
def test_an_account_borrows_by_its_setting_and_its_equity(
    theirs: Any, account: SandboxAccount, cash: str, multiplier: str, power: str
) -> None:
    account.cash = Decimal(cash)
    theirs.patch("/account/configurations", {"max_margin_multiplier": multiplier})
    seen = theirs.get_account()
    assert (seen.buying_power, seen.multiplier) == (power, "1" if power == cash else "2")
    assert seen.shorting_enabled is (power != cash)


@pytest.mark.parametrize("kind", ["stop", "stop_limit", "trailing_stop"])
@pytest.mark.parametrize("time_in_force", ["ioc", "fok", "opg", "cls"])
def test_a_stop_is_for_the_day_or_until_cancelled(theirs: Any, kind: str, time_in_force: str) -> None:
    prices = {"stop": {"stop_price": "300"}, "trailing_stop": {"trail_price": "5"}}
    prices["stop_limit"] = {"stop_price": "300", "limit_price": "301"}
    asked = market_order(type=kind, time_in_force=time_in_force, **prices[kind])
    assert refusal(theirs, asked)[:2] == (422, INVALID_STATE)
    assert theirs.post("/orders", {**asked, "time_in_force": "gtc"})["type"] == kind


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            limit_order(limit_price="100"),
            limit_order(side="sell", limit_price="300"),
            "cannot open a short sell while a long buy order is open",
        ),
        (
            limit_order(side="sell", limit_price="300"),
            limit_order(limit_price="100"),
            "cannot open a long buy while a short sell order is open",
        ),
        (
            limit_order(side="sell", limit_price="300"),
            market_order(type="stop", stop_price="310"),
            "cannot open a long buy while a short sell order is open",
        ),
    ],
)
def test_nobody_opens_both_ways_at_once(
    theirs: Any, account: SandboxAccount, first: dict[str, Any], second: dict[str, Any], message: str
) -> None:
    placed = theirs.post("/orders", first)
    assert refusal(theirs, second) == (403, FORBIDDEN, message)
    theirs.cancel_order_by_id(placed["id"])
    assert theirs.post("/orders", second)["status"] == "accepted"
    assert [order.status for order in account.orders] == ["canceled", "accepted"]


def test_what_closes_is_not_in_the_way_of_what_opens(theirs: Any, account: SandboxAccount) -> None:
    hold(account, 2)
    theirs.post("/orders", limit_order(side="sell", limit_price="300"))
    assert theirs.post("/orders", limit_order(limit_price="100"))["position_intent"] == "buy_to_open"
    assert theirs.post("/orders", limit_order(side="sell", limit_price="301"))["position_intent"] == "sell_to_close"
