"""How an identity logs in can be changed, taken away and put on again, and its tokens end with it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import LOGIN, TestVault


@pytest.fixture
def manager(vault: TestVault) -> Iterator[httpx.Client]:
    pair = vault.sandbox.add_identity(vault.project_id, manages_identities=True)
    with httpx.Client(base_url=vault.url, trust_env=False) as client:
        answer = client.post(LOGIN, json=dict(zip(("clientId", "clientSecret"), pair, strict=True)))
        client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield client


@pytest.fixture
def base(vault: TestVault) -> str:
    return f"/api/v1/auth/universal-auth/identities/{vault.sandbox.identity_id(vault.client_id)}"


def test_what_is_changed_holds_for_the_next_login(raw: Raw, base: str, manager: httpx.Client) -> None:
    told = manager.patch(base, json={"accessTokenTTL": 60, "accessTokenNumUsesLimit": 1}).json()
    assert told["identityUniversalAuth"]["accessTokenTTL"] == 60
    assert raw.get(RAW).status_code == 200
    assert raw.log_in().json()["expiresIn"] == 60
    assert [raw.get(RAW).status_code for _ in range(2)] == [200, 401]
    assert manager.get(base).json()["identityUniversalAuth"]["accessTokenNumUsesLimit"] == 1


def test_a_setting_that_cannot_be_is_refused(vault: TestVault, base: str, manager: httpx.Client) -> None:
    for wrong in ({"accessTokenTTL": -1}, {"accessTokenTTL": 2, "accessTokenMaxTTL": 1}, {"accessTokenTTL": "1"}):
        assert refusal(manager.patch(base, json=wrong))[:2] == (by_age(vault, 401, 422), "ValidationFailure")
    longer = manager.patch(base, json={"accessTokenTTL": 315360000})
    assert refusal(longer) == (400, "BadRequest", "Access token TTL cannot be greater than max TTL")
    narrow = manager.patch(base, json={"accessTokenTrustedIps": [{"ipAddress": "10.0.0.0/8"}]})
    assert "plan restriction" in refusal(narrow)[2]
    assert manager.patch(base, json={"accessTokenTrustedIps": [{"ipAddress": "::/0"}]}).status_code == 200


def test_whoever_loses_it_cannot_log_in_and_its_tokens_end(
    vault: TestVault, raw: Raw, base: str, manager: httpx.Client
) -> None:
    twice = manager.post(base, json={})
    assert refusal(twice)[2] == "Failed to add universal auth to already configured identity"
    assert manager.delete(base).json()["identityUniversalAuth"]["clientId"] == vault.client_id
    ended = by_age(vault, "No identity access token found", "Failed to authorize: auth method has been revoked")
    assert refusal(raw.get(RAW)) == (401, "UnauthorizedError", ended)
    assert raw.log_in().status_code == by_age(vault, 404, 401)
    assert refusal(manager.get(base))[0] == 404
    assert refusal(manager.get(f"{base}/client-secrets"))[2] == "The identity does not have universal auth"
    again = manager.post(base, json={"accessTokenTTL": 60}).json()["identityUniversalAuth"]
    made = manager.post(f"{base}/client-secrets", json={}).json()["clientSecret"]
    answer = httpx.post(vault.url + LOGIN, json={"clientId": again["clientId"], "clientSecret": made}, trust_env=False)
    assert (answer.status_code, answer.json()["expiresIn"]) == (200, 60)


def test_a_lock_is_set_and_opened_today(current: TestVault) -> None:
    pair = current.sandbox.add_identity(current.project_id, manages_identities=True)
    base = f"/api/v1/auth/universal-auth/identities/{current.sandbox.identity_id(current.client_id)}"
    wrong = {"clientId": current.client_id, "clientSecret": "x"}
    with httpx.Client(base_url=current.url, trust_env=False) as manager:
        answer = manager.post(LOGIN, json=dict(zip(("clientId", "clientSecret"), pair, strict=True)))
        manager.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        assert refusal(manager.patch(base, json={"lockoutThreshold": 31}))[0] == 422
        manager.patch(base, json={"lockoutThreshold": 1})
        assert [refusal(manager.post(LOGIN, json=wrong))[2].split()[0] for _ in range(2)] == ["Invalid", "This"]
        assert manager.post(f"{base}/clear-lockouts").json() == {"deleted": 1}
        manager.patch(base, json={"lockoutEnabled": False})
        manager.post(LOGIN, json=wrong)
        assert Raw(current).log_in().status_code == 200
