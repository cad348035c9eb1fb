"""Logins and access tokens of the simulated vaults, in which servers of 2024 and of today differ."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from deployments.sandbox import made_up
from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import (
    LOGIN,
    TestVault,
    Vaults,
    fresh_vault,
)


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


def renewed(raw: Raw, token: str) -> httpx.Response:
    return raw.http.post("/api/v1/auth/token/renew", json={"accessToken": token})


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
    assert renewed(raw, token).json()["tokenType"] == "Bearer"
    vault.sandbox.knobs.token_max_ttl_s = 30
    token = raw.log_in().json()["accessToken"]
    if vault.profile == "2024":
        assert refusal(renewed(raw, token))[2] == "Failed to renew MI access token past its Max TTL expiration"
        assert refusal(raw.get(RAW))[2] == "No identity access token found"
        return
    assert claims_of(token)["exp"] - claims_of(token)["iat"] == 30
    vault.sandbox._vault.tokens[claims_of(token)["jti"]].created_at -= 20
    answer = renewed(raw, token).json()
    assert (answer["expiresIn"], answer["accessTokenMaxTTL"]) == (10, 30)
    vault.sandbox._vault.tokens[claims_of(token)["jti"]].created_at -= 20
    refused = "Cannot renew: identity access token has reached its max TTL"
    assert refusal(renewed(raw, token))[2] == refused


def test_in_2024_what_is_past_its_time_is_told_by_which_one(vaults: Vaults) -> None:
    with fresh_vault(vaults, "2024") as vault:
        vault.sandbox.knobs.token_ttl_s, vault.sandbox.knobs.token_max_ttl_s = 60, 600
        raw = Raw(vault)
        tokens = [raw.log_in().json()["accessToken"] for _ in range(2)]
        for token, past in zip(tokens, (70, 700), strict=True):
            kept = vault.sandbox._vault.tokens[claims_of(token)["identityAccessTokenId"]]
            kept.created_at -= past
            kept.renewed_at -= 70 if past == 70 else 0
        said = [refusal(renewed(raw, token))[2] for token in tokens]
        assert said == [
            "Failed to renew MI access token due to TTL expiration",
            "Failed to renew MI access token due to Max TTL expiration",
        ]


def test_one_that_is_over_cannot_be_renewed_nor_ended_twice_in_2024(vault: TestVault) -> None:
    vault.sandbox.knobs.token_max_uses, vault.sandbox.knobs.token_ttl_s = 1, 60
    raw = Raw(vault)
    used, ended = (raw.log_in().json()["accessToken"] for _ in range(2))
    raw.http.headers["Authorization"] = f"Bearer {used}"
    raw.get(RAW)
    revoked = [raw.http.post("/api/v1/auth/token/revoke", json={"accessToken": ended}) for _ in range(2)]
    assert [one.status_code for one in revoked] == [200, by_age(vault, 401, 200)]
    unknown = "No identity access token found"
    assert [refusal(renewed(raw, token))[2] for token in (used, ended)] == by_age(
        vault,
        ["Unable to renew because access token number of uses limit reached", unknown],
        ["Cannot renew exhausted access token", "Cannot renew: token has been revoked"],
    )
    vault.sandbox.expire_tokens()
    last = raw.http.post("/api/v1/auth/token/revoke", json={"accessToken": ended})
    assert last.status_code == by_age(vault, 401, 403)


def test_today_no_token_lives_for_ever_and_its_claims_say_all_of_it(current: TestVault) -> None:
    current.sandbox.knobs.token_ttl_s = current.sandbox.knobs.token_max_ttl_s = 0
    claims = claims_of(Raw(current).log_in().json()["accessToken"])
    assert claims["exp"] - claims["iat"] == 90 * 24 * 3600
    assert claims["jti"] == claims["identityAccessTokenId"]
    assert (claims["authMethod"], claims["accessTokenTTL"]) == ("universal-auth", 0)
    assert claims["orgId"] == claims["rootOrgId"] == current.sandbox._vault.organization_id


def test_a_token_tells_when_it_ends_and_today_another_comes_of_its_renewal(vault: TestVault) -> None:
    vault.sandbox.knobs.token_ttl_s, vault.sandbox.knobs.token_max_ttl_s = 60, 600
    raw = Raw(vault)
    old = raw.http.headers["Authorization"].removeprefix("Bearer ")
    claims = claims_of(old)
    assert claims["exp"] - claims["iat"] == by_age(vault, 600, 60)
    new = renewed(raw, old).json()["accessToken"]
    assert len({old, new}) == by_age(vault, 1, 2)
    assert raw.get(RAW).status_code == 200
    if vault.profile == "current":
        vault.sandbox._vault.signed[old] -= 60
        assert refusal(raw.get(RAW)) == (403, "TokenError", "Your token has expired. Please re-authenticate.")
    raw.http.headers["Authorization"] = f"Bearer {new}"
    assert raw.get(RAW).status_code == 200
