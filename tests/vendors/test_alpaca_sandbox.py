"""The clients that others wrote, unchanged, against the sandbox: alpaca-py, and the SOP's curl lines."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from alpaca.common.enums import Sort
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, PositionSide, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    StopLossRequest,
    TakeProfitRequest,
)

from deployments.sandbox import made_up
from deployments.sandbox.alpaca_account import SandboxAccount
from deployments.sandbox.alpaca_orders import SandboxOrder
from deployments.sandbox.alpaca_state import SandboxPosition
from tests.vendors.alpaca_support import ServedAlpaca, limit_order, served_alpaca, wait_until


@pytest.fixture(scope="module")
def estate() -> Iterator[ServedAlpaca]:
    with served_alpaca() as served:
        yield served


@pytest.fixture
def alpaca(estate: ServedAlpaca) -> Iterator[ServedAlpaca]:
    yield estate
    estate.calm()


@pytest.fixture
def account(alpaca: ServedAlpaca) -> SandboxAccount:
    return alpaca.sandbox.add_account("paper", cash="100000")


@pytest.fixture
def keys(account: SandboxAccount) -> tuple[str, str]:
    return account.regenerate()


def trading(alpaca: ServedAlpaca, keys: tuple[str, str], name: str = "alpaca-paper") -> TradingClient:
    return TradingClient(*keys, url_override=alpaca.server.url(name))


@pytest.fixture
def theirs(alpaca: ServedAlpaca, keys: tuple[str, str]) -> Any:
    # Typed Any: each of its methods returns a model or raw data.
    return trading(alpaca, keys)


def limit(**changes: Any) -> LimitOrderRequest:
    order = {"symbol": "AAPL", "qty": 1, "side": OrderSide.BUY, "limit_price": 1.0, "time_in_force": TimeInForce.DAY}
    return LimitOrderRequest(**{**order, **changes})


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
    with pytest.raises(APIError) as caught:
        theirs.cancel_order_by_id(placed.id)
    assert (caught.value.status_code, caught.value.code) == (422, 42210000)
    assert caught.value.message == 'order is already in "canceled" state'


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
    alpaca.sandbox.knobs.price_drift = Decimal("0.01")
    first, second = Decimal(theirs.get_account().equity), Decimal(theirs.get_account().equity)
    assert second - first == Decimal("0.05")


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


@pytest.mark.parametrize("is_open", [True, False])
def test_alpaca_py_reads_the_clock(alpaca: ServedAlpaca, theirs: Any, is_open: bool) -> None:
    alpaca.sandbox.knobs.clock_is_open = is_open
    clock = theirs.get_clock()
    assert clock.is_open is is_open
    assert datetime.now(UTC) < min(clock.next_open, clock.next_close)


def refusal(client: TradingClient) -> tuple[int, int]:
    with pytest.raises(APIError) as caught:
        client.get_account()
    return caught.value.status_code, caught.value.code


def test_alpaca_py_is_refused_with_a_dead_a_foreign_and_an_unknown_pair(
    alpaca: ServedAlpaca, account: SandboxAccount, keys: tuple[str, str]
) -> None:
    account.regenerate()
    live = alpaca.sandbox.add_account("live").regenerate()
    unknown = (made_up.alpaca_key_id("PK"), made_up.alpaca_secret())
    for pair in (keys, live, unknown, (keys[0], unknown[1])):
        assert refusal(trading(alpaca, pair)) == (401, 40110000)
    assert trading(alpaca, live, "alpaca-live").get_clock() is not None
    assert refusal(trading(alpaca, account.regenerate(), "alpaca-live")) == (401, 40110000)


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


def raw(alpaca: ServedAlpaca, keys: tuple[str, str] | None, method: str, path: str, **request: Any) -> httpx.Response:
    """Ask the paper host without a vendor's client."""
    names = ("apca-api-key-id", "Apca-Api-Secret-Key")
    headers = dict(zip(names, keys, strict=True)) if keys else request.pop("headers", {})
    return httpx.request(method, f"{alpaca.server.url('alpaca-paper')}{path}", headers=headers, **request)


@pytest.mark.parametrize(
    ("legacy", "given", "status", "body"),
    [
        (False, False, 401, b'{"message":"unauthorized."}'),
        (False, True, 401, b'{"code":40110000,"message":"request is not authorized"}'),
        (True, False, 403, b'{"message": "forbidden."}\n'),
        (True, True, 403, b'{"message": "forbidden."}\n'),
    ],
)
def test_refusals_have_the_bodies_that_were_seen(
    alpaca: ServedAlpaca, legacy: bool, given: bool, status: int, body: bytes
) -> None:
    alpaca.sandbox.knobs.legacy_auth_errors = legacy
    keys = (made_up.alpaca_key_id("PK"), made_up.alpaca_secret()) if given else None
    answer = raw(alpaca, keys, "GET", "/v2/account")
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]


def test_header_names_with_underscores_are_no_credentials(alpaca: ServedAlpaca, keys: tuple[str, str]) -> None:
    headers = {"APCA_API_KEY_ID": keys[0], "APCA_API_SECRET_KEY": keys[1]}
    answer = raw(alpaca, None, "GET", "/v2/account", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"message": "unauthorized."})


def test_the_allowance_is_counted_per_account_and_used_up(alpaca: ServedAlpaca, keys: tuple[str, str]) -> None:
    alpaca.sandbox.knobs.rate_limit_per_minute = 2
    answers = [raw(alpaca, keys, "GET", "/v2/clock") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"code": 42910000, "message": "rate limit exceeded"}
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].headers["x-ratelimit-limit"] == "2"
    assert 0 < int(answers[0].headers["x-ratelimit-reset"]) - time.time() <= 61
    other = alpaca.sandbox.add_account("paper").regenerate()
    assert raw(alpaca, other, "GET", "/v2/clock").status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "code", "message"),
    [
        ({"limit_price": 0}, 422, 40010001, "limit price must be > 0"),
        ({"limit_price": None}, 422, 40010001, "limit orders require a limit price"),
        ({"qty": None}, 422, 40010001, "qty or notional is required"),
        ({"qty": "many"}, 422, 40010001, "invalid qty"),
        ({"side": "hold"}, 422, 40010001, "side must be buy or sell"),
        ({"client_order_id": "x" * 129}, 422, 40010001, "client_order_id must be no more than 128 characters"),
        ({"client_order_id": "taken"}, 422, 40010001, "client_order_id must be unique"),
        ({"qty": 100000, "limit_price": 200}, 403, 40310000, "insufficient buying power"),
        ({"symbol": "MSFT"}, 403, 40310000, "potential wash trade detected. use complex orders"),
        ({"side": "sell"}, 403, 40310000, "insufficient qty available for order (requested: 1, available: 0)"),
    ],
)
def test_orders_are_refused_with_alpacas_codes(
    alpaca: ServedAlpaca,
    account: SandboxAccount,
    keys: tuple[str, str],
    changes: dict[str, Any],
    status: int,
    code: int,
    message: str,
) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(1), Decimal(200))
    account.orders += [
        SandboxOrder("AAPL", "sell", "limit", qty=Decimal(1), limit_price=Decimal(900), client_order_id="taken"),
        SandboxOrder("MSFT", "sell", "stop", qty=Decimal(1), stop_price=Decimal(1)),
    ]
    answer = raw(alpaca, keys, "POST", "/v2/orders", json=limit_order(**changes))
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (status, code, message)
    assert len(account.orders) == 2


def test_an_order_body_may_hold_strings_or_numbers(alpaca: ServedAlpaca, keys: tuple[str, str]) -> None:
    for qty, price in (("1", "1.50"), (1.0, 1.5), (1, 1.5)):
        order = raw(alpaca, keys, "POST", "/v2/orders", json=limit_order(qty=qty, limit_price=price)).json()
        assert (order["qty"], order["limit_price"]) == ("1", "1.5")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "501"},
        {"limit": "0"},
        {"limit": "all"},
        {"status": "done"},
        {"after": "yesterday"},
        {"after_order_id": str(uuid.UUID(int=0))},
        {"after_order_id": "a", "before_order_id": "b"},
        {"after_order_id": "a", "after": "2026-01-01T00:00:00Z"},
    ],
)
def test_listing_with_parameters_out_of_range_is_refused(
    alpaca: ServedAlpaca, keys: tuple[str, str], query: dict[str, str]
) -> None:
    answer = raw(alpaca, keys, "GET", "/v2/orders", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)


def test_bounds_are_exclusive(alpaca: ServedAlpaca, account: SandboxAccount, keys: tuple[str, str]) -> None:
    first, second, third = (account.place(limit_order()) for _ in range(3))

    def listed(**query: str) -> list[str]:
        return [order["id"] for order in raw(alpaca, keys, "GET", "/v2/orders", params=query).json()]

    moment = second.as_json()["submitted_at"]
    assert listed(after=moment) == listed(after_order_id=second.id) == [third.id]
    assert listed(until=moment) == listed(before_order_id=second.id) == [first.id]


def test_an_empty_answer_has_no_body_and_unknown_paths_answer_json(alpaca: ServedAlpaca, keys: tuple[str, str]) -> None:
    order = raw(alpaca, keys, "POST", "/v2/orders", json=limit_order()).json()
    deleted = raw(alpaca, keys, "DELETE", f"/v2/orders/{order['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert raw(alpaca, keys, "GET", "/v2/nothing").json() == {"message": "endpoint not found."}
    assert raw(alpaca, keys, "PUT", "/v2/account").status_code == 405
    assert raw(alpaca, keys, "POST", "/v2/orders", content=b"{").status_code == 400


def curl(keys: tuple[str, str], url: str, *options: str) -> str:
    """The SOP's line, its headers on stdin: an argument is visible to every process of the machine."""
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
