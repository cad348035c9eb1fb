"""The clients that others wrote, unchanged, against the sandbox: alpaca-py, and the procedure's curl lines."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, PositionSide, TimeInForce
from alpaca.trading.requests import (
    GetCalendarRequest,
    MarketOrderRequest,
)

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.sandbox.scene import limit, trading
from tests.vendors.alpaca.served import ServedAlpaca, limit_order, wait_until


def market(side: OrderSide = OrderSide.BUY, qty: float = 2) -> MarketOrderRequest:
    return MarketOrderRequest(symbol="AAPL", qty=qty, side=side, time_in_force=TimeInForce.DAY)


def test_alpaca_py_reads_the_account(theirs: Any, account: SandboxAccount) -> None:
    seen = theirs.get_account()
    assert (str(seen.id), seen.account_number, seen.status) == (account.id, account.number, "ACTIVE")
    assert (seen.cash, seen.equity, seen.buying_power) == ("100000", "100000", "200000")
    assert (seen.trading_blocked, seen.pattern_day_trader) == (False, None)


def test_alpaca_py_reads_and_writes_the_configurations(theirs: Any, account: SandboxAccount) -> None:
    configurations = theirs.get_account_configurations()
    assert configurations.suspend_trade is False
    configurations.suspend_trade = True
    assert theirs.set_account_configurations(configurations).suspend_trade is True
    assert account.flags["trade_suspended_by_user"] is True
    assert theirs.get_account().trade_suspended_by_user is True
    with pytest.raises(APIError) as caught:
        theirs.submit_order(limit())
    assert (caught.value.status_code, caught.value.code) == (403, 40310000)


def test_alpaca_py_places_reads_and_cancels_a_limit_order(theirs: Any) -> None:
    placed = theirs.submit_order(limit(client_order_id="check-1"))
    assert (placed.client_order_id, placed.status, placed.qty, placed.limit_price) == (
        "check-1",
        OrderStatus.ACCEPTED,
        "1",
        "1",
    )
    assert theirs.get_order_by_id(placed.id) == theirs.get_order_by_client_id("check-1") == placed
    theirs.cancel_order_by_id(placed.id)
    assert theirs.get_order_by_id(placed.id).status is OrderStatus.CANCELED
    theirs.cancel_order_by_id(placed.id)
    assert theirs.get_order_by_id(placed.id).status is OrderStatus.CANCELED, "asked again, it is no error"


def test_alpaca_py_sees_a_market_order_wait_until_the_market_opens_and_fill(alpaca: ServedAlpaca, theirs: Any) -> None:
    placed = theirs.submit_order(market())
    assert theirs.get_order_by_id(placed.id).status is OrderStatus.ACCEPTED
    alpaca.sandbox.knobs.clock_is_open = True
    filled = theirs.get_order_by_id(placed.id)
    assert (filled.status, filled.filled_qty) == (OrderStatus.FILLED, "2")
    (held,) = theirs.get_all_positions()
    assert (held.symbol, held.qty, held.side) == ("AAPL", "2", PositionSide.LONG)
    assert Decimal(theirs.get_account().cash) == Decimal(100000) - 2 * Decimal(filled.filled_avg_price)


def test_alpaca_py_sees_a_sale_close_the_position(alpaca: ServedAlpaca, theirs: Any) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    theirs.submit_order(market())
    theirs.submit_order(market(OrderSide.SELL))
    assert theirs.get_all_positions() == []
    assert theirs.get_account().cash == "100000"


def test_market_orders_stay_open_when_fills_are_switched_off(alpaca: ServedAlpaca, theirs: Any) -> None:
    alpaca.sandbox.knobs.clock_is_open, alpaca.sandbox.knobs.market_fills = True, False
    placed = theirs.submit_order(market())
    assert theirs.get_order_by_id(placed.id).status is OrderStatus.NEW


def test_alpaca_py_sees_a_short_position_with_negative_numbers(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(-3), Decimal(200))
    (held,) = theirs.get_all_positions()
    assert (held.qty, held.side) == ("-3", PositionSide.SHORT)
    assert Decimal(held.market_value) < 0


def test_equity_drifts_with_prices_and_no_trade(alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(200))
    alpaca.sandbox.knobs.price_drift = 0.01
    first, second = Decimal(theirs.get_account().equity), Decimal(theirs.get_account().equity)
    assert second - first == Decimal("0.05")


@pytest.mark.parametrize("is_open", [True, False])
def test_alpaca_py_reads_the_clock(alpaca: ServedAlpaca, theirs: Any, is_open: bool) -> None:
    alpaca.sandbox.knobs.clock_is_open = is_open
    clock = theirs.get_clock()
    assert clock.is_open is is_open
    assert datetime.now(UTC) < min(clock.next_open, clock.next_close)


def refusal(client: TradingClient) -> tuple[int, str]:
    with pytest.raises(APIError) as caught:
        client.get_account()
    return caught.value.status_code, str(caught.value)


def test_alpaca_py_is_refused_with_a_dead_a_foreign_and_an_unknown_pair(
    alpaca: ServedAlpaca, account: SandboxAccount, keys: tuple[str, str]
) -> None:
    account.regenerate()
    live = alpaca.sandbox.add_account("live").regenerate()
    unknown = (made_up.alpaca_key_id("PK"), made_up.alpaca_secret())
    refused = (401, '{"code":40110000,"message":"request is not authorized"}')
    for pair in (keys, live, unknown, (keys[0], unknown[1])):
        assert refusal(trading(alpaca, pair)) == refused
    assert trading(alpaca, live, "alpaca-live").get_clock() is not None
    assert refusal(trading(alpaca, account.regenerate(), "alpaca-live")) == refused


def test_a_pair_lives_and_dies_with_the_lags_that_are_set(alpaca: ServedAlpaca, account: SandboxAccount) -> None:
    alpaca.sandbox.knobs.activation_lag_s = alpaca.sandbox.knobs.death_lag_s = 3600
    old = account.regenerate()
    assert not account.accepts(*old)
    alpaca.sandbox.knobs.activation_lag_s = 0.2
    new = account.regenerate()
    assert not account.accepts(*new)
    wait_until(lambda: account.accepts(*new), "the new pair is active")
    alpaca.sandbox.knobs.death_lag_s = 0.2
    account.regenerate()
    assert account.accepts(*new)
    wait_until(lambda: not account.accepts(*new), "the old pair is dead")


def test_a_reset_kills_the_pairs_and_replaces_the_account(account: SandboxAccount, keys: tuple[str, str]) -> None:
    before = (account.id, account.number, account.created_at)
    account.place(limit_order())
    account.reset()
    assert not account.accepts(*keys)
    assert account.current_key_id is None
    assert set(before).isdisjoint((account.id, account.number, account.created_at))
    assert account.orders == []


def curl(keys: tuple[str, str], url: str, *options: str) -> str:
    """The operating procedure's line, its headers on stdin: an argument is visible to every process of the machine."""
    config = f'header = "APCA-API-KEY-ID: {keys[0]}"\nheader = "APCA-API-SECRET-KEY: {keys[1]}"\n'
    # --disable keeps the developer's own curl settings out.
    command = ["curl", "--disable", "--noproxy", "*", "-s", "-K", "-", *options, url]
    return subprocess.run(command, input=config, capture_output=True, text=True, check=True, timeout=20).stdout


def test_the_sops_curl_lines_work(alpaca: ServedAlpaca, account: SandboxAccount, keys: tuple[str, str]) -> None:
    base = alpaca.server.url("alpaca-paper")
    account.place(limit_order())
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    seen = json.loads(curl(keys, f"{base}/v2/account"))
    assert (seen["status"], seen["account_number"]) == ("ACTIVE", account.number)
    assert len(json.loads(curl(keys, f"{base}/v2/orders?status=open"))) == 1
    assert [row["symbol"] for row in json.loads(curl(keys, f"{base}/v2/positions"))] == ["AAPL"]


def test_the_sops_curl_line_for_the_old_pair_prints_401(
    alpaca: ServedAlpaca, account: SandboxAccount, keys: tuple[str, str]
) -> None:
    url, code = f"{alpaca.server.url('alpaca-paper')}/v2/account", ("-o", "/dev/null", "-w", "%{http_code}")
    assert curl(keys, url, *code) == "200"
    new = account.regenerate()
    assert (curl(keys, url, *code), curl(new, url, *code)) == ("401", "200")


def test_alpaca_py_reads_assets_and_the_calendar(theirs: Any) -> None:
    apple = theirs.get_asset("AAPL")
    assert (apple.symbol, apple.tradable, theirs.get_asset(apple.id).id) == ("AAPL", True, apple.id)
    assert "AAPL" in [one.symbol for one in theirs.get_all_assets()]
    days = theirs.get_calendar(GetCalendarRequest(start=date(2026, 11, 26), end=date(2026, 11, 30)))
    assert [one.date.isoformat() for one in days] == ["2026-11-27", "2026-11-30"]
    with pytest.raises(APIError, match="asset not found for ZZZZQX"):
        theirs.get_asset("ZZZZQX")


def test_the_newer_clock_has_phases_and_a_slash_too_many_is_another_path(
    alpaca: ServedAlpaca, keys: tuple[str, str]
) -> None:
    headers = dict(zip(("apca-api-key-id", "apca-api-secret-key"), keys, strict=True))
    with httpx.Client(base_url=alpaca.server.url("alpaca-paper"), headers=headers, trust_env=False) as client:
        clocks = client.get("/v3/clock", params={"markets": "NYSE,NASDAQ"}).json()["clocks"]
        assert [(one["market"]["acronym"], one["phase"]) for one in clocks] == [
            ("NYSE", "closed"),
            ("NASDAQ", "closed"),
        ]
        assert client.get("/v3/clock", params={"markets": "X"}).status_code == 400
        slash = client.get("/v2/account/")
        assert (slash.status_code, slash.json()) == (404, {"message": "endpoint not found."})
