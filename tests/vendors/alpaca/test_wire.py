"""The sandbox's bytes: bodies, codes and headers as Alpaca sends them."""

from __future__ import annotations

import re
import time
import uuid
from decimal import Decimal
from typing import Any

import httpx
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.orders import SandboxOrder
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.served import ServedAlpaca, limit_order


@pytest.fixture
def account(alpaca: ServedAlpaca) -> SandboxAccount:
    return alpaca.sandbox.add_account("paper")


def raw(alpaca: ServedAlpaca, keys: tuple[str, str] | None, method: str, path: str, **request: Any) -> httpx.Response:
    """Ask the paper host without a vendor's client."""
    names = ("apca-api-key-id", "Apca-Api-Secret-Key")
    headers = dict(zip(names, keys, strict=True)) if keys else request.pop("headers", {})
    return httpx.request(method, f"{alpaca.server.url('alpaca-paper')}{path}", headers=headers, **request)


NO_HEADERS, FORBIDDEN = b'{"message":"unauthorized."}', b'{"message": "forbidden."}\n'
NOT_AUTHORIZED = b'{"code":40110000,"message":"request is not authorized"}'
WITHOUT_A_CODE = b'{"message": "unauthorized."}\n'


@pytest.mark.parametrize(
    ("switch", "status", "refused", "other"),
    [
        ("", 401, NOT_AUTHORIZED, NOT_AUTHORIZED),
        ("legacy_auth_errors", 403, FORBIDDEN, FORBIDDEN),
        ("gateway_auth_errors", 401, WITHOUT_A_CODE, NOT_AUTHORIZED),
    ],
)
@pytest.mark.parametrize("whose", ["nobody", "dead", "live", "half"])
def test_refusals_have_the_bodies_that_were_seen(
    alpaca: ServedAlpaca, account: SandboxAccount, switch: str, status: int, refused: bytes, other: bytes, whose: str
) -> None:
    if switch:
        setattr(alpaca.sandbox.knobs, switch, True)
    pair = (made_up.alpaca_key_id("PK"), made_up.alpaca_secret())
    if whose == "live":
        pair = alpaca.sandbox.add_account("live").regenerate()
    elif whose != "nobody":
        dead = account.regenerate()
        alive = account.regenerate()
        pair = dead if whose == "dead" else (alive[0], dead[1])
    answer = raw(alpaca, pair, "GET", "/v2/account")
    assert (answer.status_code, answer.content) == (status, other if whose == "live" else refused)
    assert answer.headers["content-type"].startswith("application/json")


def test_every_answer_has_the_headers_of_alpacas_gateway(alpaca: ServedAlpaca, keys: tuple[str, str]) -> None:
    good, bad = raw(alpaca, keys, "GET", "/v2/clock"), raw(alpaca, (keys[0], "x"), "GET", "/v2/clock")
    assert good.headers["content-type"] == "application/json; charset=UTF-8"
    for answer in (good, bad):
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (answer.headers["vary"], "max-age=31536000" in answer.headers["strict-transport-security"]) == (
            "Origin",
            True,
        )
    assert good.headers["x-request-id"] != bad.headers["x-request-id"]


def test_a_browser_may_ask_first_whether_it_may_ask(alpaca: ServedAlpaca) -> None:
    asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "DELETE"}
    answer = raw(alpaca, None, "OPTIONS", "/v2/orders", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "DELETE" in answer.headers["access-control-allow-methods"]
    assert "Apca-Api-Key-Id" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("names", [(), ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"), ("", "APCA-API-SECRET-KEY")])
def test_who_names_no_key_is_told_so_or_gets_the_gateways_own_page(
    alpaca: ServedAlpaca, keys: tuple[str, str], names: tuple[str, ...]
) -> None:
    headers = {name: value for name, value in zip(names, keys, strict=False) if name}
    answer = raw(alpaca, None, "GET", "/v2/account", headers=headers)
    assert (answer.status_code, answer.content) == (401, NO_HEADERS)
    alpaca.sandbox.knobs.gateway_auth_errors = True
    answer = raw(alpaca, None, "GET", "/v2/account", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/html")
    assert "<h1>401 Authorization Required</h1>" in answer.text
    assert "<center>nginx</center>" in answer.text


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}])
def test_another_way_to_sign_in_opens_nothing(alpaca: ServedAlpaca, headers: dict[str, str]) -> None:
    answer = raw(alpaca, None, "GET", "/v2/account", headers=headers)
    assert (answer.status_code, answer.content) == (401, NO_HEADERS)


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
        ({"qty": "many"}, 400, 40010000, "request body format is invalid"),
        ({"side": "hold"}, 422, 40010001, "invalid side"),
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
    for symbol in ("AAPL", "MSFT"):
        account.positions[symbol] = SandboxPosition(symbol, Decimal(1), Decimal(200))
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
