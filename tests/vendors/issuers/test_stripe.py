"""The twin of Stripe answers as its documentation and public reports of its errors say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deployments.sandbox.issuers.app import IssuersSandbox
from deployments.sandbox.issuers.stripe import Stripe
from tests.issuers.support import served


@pytest.fixture
def twin() -> Stripe:
    """One account."""
    return Stripe()


@pytest.fixture
def http(twin: Stripe) -> Iterator[httpx.Client]:
    """Whoever asks it, without a key."""
    with (
        served(IssuersSandbox(stripe=twin)) as server,
        httpx.Client(base_url=server.url("issuers"), trust_env=False) as made,
    ):
        yield made


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Its error, which is JSON, and has a type and a message."""
    assert answer.status_code == status
    assert re.fullmatch("req_[A-Za-z0-9]{14}", answer.headers["request-id"])
    error: dict[str, Any] = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    return error


def test_the_key_is_taken_as_bearer_and_as_the_user_of_basic(twin: Stripe, http: httpx.Client) -> None:
    key = twin.test.mint()
    twin.permissions |= {"accounts_kyc_basic"}
    for asked in ({"headers": bearer(key)}, {"auth": (key, "")}):
        assert http.get("/v1/account", **asked).json()["id"] == twin.account
        assert http.get("/v1/charges", **asked).status_code == 200
    for header in ("Basic", "Basic %", "Basic Og==", f"Token {key}"):
        error_of(http.get("/v1/account", headers={"Authorization": header}), 401)
    assert http.get("/v1/account", auth=(key[:-1], "")).status_code == 401


def test_a_key_that_is_none_and_one_that_ended_are_told_apart(twin: Stripe, http: httpx.Client) -> None:
    ended, deleted = twin.test.mint(), twin.live.mint()
    twin.test.rotate(ended, 0)
    twin.live.delete(deleted)

    none = http.get("/v1/account")
    assert error_of(none, 401)["message"].startswith("You did not provide an API key.")
    assert none.headers["www-authenticate"] == 'Basic realm="Stripe"'
    made_up = error_of(http.get("/v1/charges", headers=bearer("rk_test_" + 40 * "a" + "bcde")), 401)
    assert made_up["message"] == f"Invalid API Key provided: rk_test_{40 * '*'}bcde"
    assert "code" not in made_up
    assert error_of(http.get("/v1/charges", headers=bearer("abc")), 401)["message"].endswith(": ***")
    for key in (ended, deleted):
        error = error_of(http.get("/v1/charges", headers=bearer(key)), 401)
        assert error["code"] == "api_key_expired"
        assert re.fullmatch(rf"Expired API Key provided: rk_(test|live)_\*+{key[-6:]}", error["message"])


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "/v1/payouts", "rak_payout_read"),
        ("GET", "/v1/payouts/po_1", "rak_payout_read"),
        ("GET", "/v1/checkout/sessions", "rak_checkout_session_read"),
        ("GET", "/v1/balance", "rak_balance_read"),
        ("GET", "/v1/account", "rak_accounts_kyc_basic_read"),
        ("POST", "/v1/charges", "rak_charge_write"),
        ("POST", "/v1/charges/ch_1/capture", "rak_charge_write"),
        ("DELETE", "/v1/customers/cus_1", "rak_customer_write"),
        ("POST", "/v1/tokens", "rak_token_write"),
    ],
)
def test_what_a_key_may_not_do_names_the_permission(
    twin: Stripe, http: httpx.Client, method: str, path: str, permission: str
) -> None:
    key = twin.test.mint()

    error = error_of(http.request(method, path, headers=bearer(key)), 403)

    assert error == {
        "type": "invalid_request_error",
        "message": f"The provided key 'rk_test_{42 * '*'}{key[-6:]}' does not have the required permissions for this "
        f"endpoint on account '{twin.account}'. Having the '{permission}' permission would allow this request to "
        "continue.",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/chargez"),
        ("GET", "/v1/charges/"),
        ("GET", "/v1/tokens"),
        ("PUT", "/v1/charges/ch_1"),
        ("DELETE", "/v1/charges"),
        ("POST", "/v1/account"),
        ("POST", "/v1/balance"),
        ("GET", "/v1/checkout"),
        ("PATCH", "/v1/"),
    ],
)
def test_a_path_that_is_not_there_is_no_question_of_permission(
    twin: Stripe, http: httpx.Client, method: str, path: str
) -> None:
    error = error_of(http.request(method, path, headers=bearer(twin.test.mint())), 404)

    assert error["message"].startswith(f"Unrecognized request URL ({method}: {path}). Please see ")
    assert "code" not in error


def test_what_is_there_is_empty(twin: Stripe, http: httpx.Client) -> None:
    twin.permissions = {"charges", "balance", "checkout/sessions"}
    headers = bearer(twin.live.mint())

    listed = http.get("/v1/checkout/sessions", params={"limit": 3}, headers=headers)
    assert listed.json() == {"object": "list", "url": "/v1/checkout/sessions", "has_more": False, "data": []}
    assert listed.headers["request-id"].startswith("req_")
    assert http.get("/v1/charges/search", headers=headers).json()["object"] == "search_result"
    balance = http.get("/v1/balance", headers=headers).json()
    assert (balance["object"], balance["available"], balance["livemode"]) == ("balance", [], True)
    missing = error_of(http.get("/v1/charges/ch_1", headers=headers), 404)
    assert (missing["code"], missing["message"]) == ("resource_missing", "No such charge: 'ch_1'")
