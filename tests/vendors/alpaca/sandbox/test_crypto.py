"""Crypto at the twin: it trades while the stock market is closed, in full dollars, and by its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import AssetClass, OrderSide, TimeInForce
from alpaca.trading.requests import ClosePositionRequest, GetAssetsRequest, MarketOrderRequest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.served import PAPER, ServedAlpaca

PRICE = Decimal(60000)


@pytest.fixture(autouse=True)
def bitcoin(prices: dict[str, Decimal]) -> None:
    prices["BTC/USD"] = PRICE


def order(**changes: Any) -> dict[str, Any]:
    bought = {"symbol": "BTC/USD", "side": "buy", "qty": "0.01", "type": "market", "time_in_force": "gtc"}
    return {**bought, **changes}


def refusal(theirs: Any, **changes: Any) -> tuple[int, int, str]:
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", order(**changes))
    return caught.value.status_code, caught.value.code, caught.value.message


@pytest.mark.parametrize("symbol", ["BTC/USD", "BTCUSD", "btc/usd"])
def test_alpaca_py_buys_and_sells_a_coin_while_the_stock_market_is_closed(
    theirs: Any, account: SandboxAccount, symbol: str
) -> None:
    asked = MarketOrderRequest(symbol=symbol, qty=0.01, side=OrderSide.BUY, time_in_force=TimeInForce.GTC)
    placed = theirs.submit_order(asked)
    assert (placed.symbol, placed.asset_class, placed.status.value) == ("BTC/USD", AssetClass.CRYPTO, "pending_new")
    filled = theirs.get_order_by_id(placed.id)
    assert (filled.status.value, filled.filled_avg_price) == ("filled", "60000")
    assert account.cash == Decimal(100000) - Decimal(600)

    (held,) = theirs.get_all_positions()
    assert (held.symbol, held.asset_class, held.qty, held.exchange.value) == (
        "BTCUSD",
        AssetClass.CRYPTO,
        "0.009975",
        "CRYPTO",
    )
    closed = theirs.close_position("BTCUSD", ClosePositionRequest(percentage="50"))
    assert (closed.symbol, closed.time_in_force) == ("BTC/USD", TimeInForce.GTC)
    assert theirs.get_open_position("BTCUSD").qty == "0.0049875"
    theirs.close_all_positions()
    assert theirs.get_all_positions() == []


def test_a_limit_waits_for_its_price_and_is_listed_by_its_class(theirs: Any) -> None:
    placed = theirs.post("/orders", order(type="limit", limit_price="50000.12345"))
    assert theirs.get(f"/orders/{placed['id']}")["status"] == "new"
    for query in ({"asset_class": "crypto"}, {"symbols": "BTCUSD"}, {"symbols": "BTC/USD"}, {"asset_class": "all"}, {}):
        assert [one["id"] for one in theirs.get("/orders", query)] == [placed["id"]]
    assert theirs.get("/orders", {"asset_class": "us_equity"}) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time_in_force": "day"}, "invalid crypto time_in_force"),
        (
            {"order_class": "bracket", "take_profit": {"limit_price": "70000"}, "stop_loss": {"stop_price": "1"}},
            "crypto orders not allowed for advanced order_class: otoco",
        ),
        ({"symbol": "NONE/USD"}, 'asset "NONE/USD" not found'),
    ],
)
def test_what_crypto_is_not_ordered_as_is_refused(theirs: Any, changes: dict[str, Any], message: str) -> None:
    assert refusal(theirs, **changes) == (422, 42210000, message)


def test_what_is_not_there_is_neither_spent_nor_sold(theirs: Any, account: SandboxAccount) -> None:
    tiny = refusal(theirs, qty="0.0001")
    assert tiny == (403, 40310000, "cost basis must be >= minimal amount of order 10")
    # The multiplier of the account is for shares.
    dear = refusal(theirs, qty="2")
    assert dear == (403, 40310000, "insufficient balance for USD (requested: 120000, available: 100000)")
    none = refusal(theirs, side="sell", qty="1")
    assert none == (403, 40310000, "insufficient balance for BTC (requested: 1, available: 0)")
    account.positions["BTC/USD"] = SandboxPosition("BTC/USD", Decimal("0.5"), PRICE)
    assert refusal(theirs, side="sell", qty="1")[2].endswith("(requested: 1, available: 0.5)")
    theirs.post("/orders", order(side="sell", qty="0.4", type="limit", limit_price="70000"))
    assert refusal(theirs, side="sell", qty="0.4")[2].endswith("(requested: 0.4, available: 0.1)")


def test_a_fee_is_taken_of_what_is_received(theirs: Any, account: SandboxAccount) -> None:
    placed = theirs.post("/orders", order(qty="0.02"))
    assert theirs.get(f"/orders/{placed['id']}")["filled_qty"] == "0.02"
    assert account.cash == Decimal(100000) - Decimal(1200)
    # What everybody stumbles over: there is less than was bought.
    wanted = "insufficient balance for BTC (requested: 0.02, available: 0.01995)"
    assert refusal(theirs, side="sell", qty="0.02") == (403, 40310000, wanted)
    theirs.post("/orders", order(side="sell", qty="0.01995"))
    assert theirs.get_all_positions() == []
    assert account.cash == Decimal(98800) + Decimal("0.01995") * PRICE * Decimal("0.9975")
    assert theirs.get("/account/activities/CFEE") == [], "posted at the end of the day"


@pytest.fixture
def http(alpaca: ServedAlpaca, keys: tuple[str, str]) -> Iterator[httpx.Client]:
    headers = dict(zip(("APCA-API-KEY-ID", "APCA-API-SECRET-KEY"), keys, strict=True))
    with httpx.Client(base_url=alpaca.server.url(PAPER), headers=headers, trust_env=False) as client:
        yield client


def test_a_pair_is_named_in_a_path_with_its_slash_escaped_or_without(
    http: httpx.Client, theirs: Any, account: SandboxAccount
) -> None:
    account.positions["BTC/USD"] = SandboxPosition("BTC/USD", Decimal("0.5"), PRICE)
    for name in ("BTCUSD", "BTC%2FUSD"):
        asset = http.get(f"/v2/assets/{name}").json()
        assert (asset["symbol"], asset["class"], asset["marginable"]) == ("BTC/USD", "crypto", False)
        assert http.get(f"/v2/positions/{name}").json()["asset_id"] == asset["id"]
    listed = theirs.get_all_assets(GetAssetsRequest(asset_class=AssetClass.CRYPTO))
    assert "BTC/USD" in [one.symbol for one in listed]
    assert http.get("/v2/assets/NONE%2FUSD").json()["message"] == "asset not found for NONE/USD"
