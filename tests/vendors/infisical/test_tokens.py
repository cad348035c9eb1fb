"""Logins and access tokens of the simulated vaults, in which servers of 2024 and of today differ."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from deployments.sandbox import made_up
from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import (
    LOGIN,
    TestVault,
)


def test_a_login_answers_with_a_bearer_token_in_jwt_shape(vault: TestVault, raw: Raw) -> None:
    body = raw.log_in().json()
    assert body.keys() == {"accessToken", "expiresIn", "accessTokenMaxTTL", "tokenType"}
    assert (body["expiresIn"], body["tokenType"]) == (2592000, "Bearer")
    assert body["accessToken"].count(".") == 2
    form = raw.http.post(LOGIN, data={"clientId": vault.client_id, "clientSecret": vault.client_secret})
    assert form.status_code == 200


def test_wrong_credentials_are_refused(vault: TestVault, raw: Raw) -> None:
    wrong = raw.http.post(LOGIN, json={"clientId": vault.client_id, "clientSecret": "x"})
    assert refusal(wrong) == (401, "UnauthorizedError", "Invalid credentials")
    unknown = raw.http.post(LOGIN, json={"clientId": made_up.identifier(), "clientSecret": "x"})
    assert refusal(unknown) == by_age(
        vault,
        (404, "NotFound", "No identity with specified client ID was found"),
        (401, "UnauthorizedError", "Invalid credentials"),
    )


def test_three_failed_logins_lock_an_identity_today_and_never_did_in_2024(vault: TestVault, raw: Raw) -> None:
    for _ in range(3):
        raw.http.post(LOGIN, json={"clientId": vault.client_id, "clientSecret": "x"})
    answer = raw.log_in()
    assert answer.status_code == by_age(vault, 200, 401)
    if vault.profile == "current":
        assert refusal(answer)[2] == "This identity auth method is temporarily locked, please try again later"
        vault.sandbox.unlock(vault.client_id)
        assert raw.log_in().status_code == 200


def test_failed_logins_are_forgotten_after_a_while_and_locks_end(current: TestVault) -> None:
    raw = Raw(current)
    current.sandbox.knobs.lockout_reset_s = 0.0
    for _ in range(4):
        raw.http.post(LOGIN, json={"clientId": current.client_id, "clientSecret": "x"})
    assert raw.log_in().status_code == 200
    current.sandbox.knobs.lockout_reset_s = 30.0
    current.sandbox.knobs.lockout_s = 0.0
    for _ in range(4):
        raw.http.post(LOGIN, json={"clientId": current.client_id, "clientSecret": "x"})
    assert raw.log_in().status_code == 200


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, (401, "UnauthorizedError")),
        ("Bearer garbage", (403, "TokenError")),
        ("Bearer a.b.c", (403, "TokenError")),
    ],
)
def test_a_request_without_a_usable_token_is_refused(
    vault: TestVault, header: str | None, expected: tuple[int, str]
) -> None:
    answer = httpx.get(vault.url + RAW, headers={"Authorization": header} if header else {}, trust_env=False)
    assert refusal(answer)[:2] == expected


def test_a_forged_signature_is_told_from_an_ended_token(raw: Raw) -> None:
    token = raw.http.headers["Authorization"]
    raw.http.headers["Authorization"] = token.rpartition(".")[0] + "." + made_up.token("", 43)
    assert refusal(raw.get(RAW)) == (403, "TokenError", "invalid signature")
    raw.http.headers["Authorization"] = "Xxxxxx " + token.removeprefix("Bearer ")
    assert raw.get(RAW).status_code == 200


def test_an_expired_token_says_so_in_the_words_of_its_age(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.expire_tokens()
    assert refusal(raw.get(RAW)) == by_age(
        vault,
        (401, "UnauthorizedError", "Failed to renew MI access token due to TTL expiration"),
        (403, "TokenError", "Your token has expired. Please re-authenticate."),
    )
    second = by_age(vault, "No identity access token found", "Your token has expired. Please re-authenticate.")
    assert refusal(raw.get(RAW))[2] == second


def test_a_token_s_life_is_what_the_knob_says(vault: TestVault) -> None:
    vault.sandbox.knobs.token_ttl_s = 1e-9
    raw = Raw(vault)
    assert raw.http.post(LOGIN, json={}).status_code == by_age(vault, 401, 422)
    assert raw.get(RAW).status_code == by_age(vault, 401, 403)
    vault.sandbox.knobs.token_ttl_s = 0
    assert raw.log_in().json()["expiresIn"] == 0
    assert raw.get(RAW).status_code == 200


def test_a_revoked_token_is_refused(vault: TestVault, raw: Raw) -> None:
    token = raw.http.headers["Authorization"].removeprefix("Bearer ")
    assert raw.http.post("/api/v1/auth/token/revoke", json={"accessToken": token}).status_code == 200
    message = by_age(vault, "No identity access token found", "Failed to authorize: token has been revoked")
    assert refusal(raw.get(RAW)) == (401, "UnauthorizedError", message)


def test_a_token_is_good_for_as_many_requests_as_it_may_serve(vault: TestVault) -> None:
    vault.sandbox.knobs.token_max_uses = 2
    raw = Raw(vault)
    assert [raw.get(RAW).status_code for _ in range(2)] == [200, 200]
    message = by_age(
        vault,
        "Unable to renew because access token number of uses limit reached",
        "Failed to authorize: token usage limit reached",
    )
    assert refusal(raw.get(RAW)) == (401, "UnauthorizedError", message)


def test_in_2024_a_fresh_token_whose_life_is_its_maximum_dies_of_its_renewal(vault: TestVault, raw: Raw) -> None:
    token = raw.http.headers["Authorization"].removeprefix("Bearer ")
    assert raw.http.post("/api/v1/auth/token/renew", json={"accessToken": token}).status_code == by_age(vault, 401, 200)
    assert raw.get(RAW).status_code == by_age(vault, 401, 200)


def test_a_token_is_renewed_until_its_maximum(vault: TestVault) -> None:
    vault.sandbox.knobs.token_ttl_s = 60
    raw = Raw(vault)
    token = raw.http.headers["Authorization"].removeprefix("Bearer ")
    assert raw.http.post("/api/v1/auth/token/renew", json={"accessToken": token}).json()["tokenType"] == "Bearer"
    vault.sandbox.knobs.token_max_ttl_s = 1e-9
    token = raw.log_in().json()["accessToken"]
    message = by_age(
        vault,
        "Failed to renew MI access token past its Max TTL expiration",
        "Cannot renew: identity access token has reached its max TTL",
    )
    assert refusal(raw.http.post("/api/v1/auth/token/renew", json={"accessToken": token}))[2] == message
    assert raw.get(RAW).status_code == by_age(vault, 401, 200)


def test_a_token_tells_when_it_ends_and_today_another_comes_of_its_renewal(vault: TestVault) -> None:
    vault.sandbox.knobs.token_ttl_s, vault.sandbox.knobs.token_max_ttl_s = 60, 600
    raw = Raw(vault)
    old = raw.http.headers["Authorization"].removeprefix("Bearer ")
    claims = json.loads(base64.urlsafe_b64decode(old.split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == by_age(vault, 600, 60)
    new = raw.http.post("/api/v1/auth/token/renew", json={"accessToken": old}).json()["accessToken"]
    assert len({old, new}) == by_age(vault, 1, 2)
    assert raw.get(RAW).status_code == 200
    if vault.profile == "current":
        vault.sandbox._vault.signed[old] -= 60
        assert refusal(raw.get(RAW)) == (403, "TokenError", "Your token has expired. Please re-authenticate.")
    raw.http.headers["Authorization"] = f"Bearer {new}"
    assert raw.get(RAW).status_code == 200
