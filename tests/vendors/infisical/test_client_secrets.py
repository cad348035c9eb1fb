"""An identity's client secrets are made, listed, read and revoked over the API, as a rotation of one needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import LOGIN, TestVault


@pytest.fixture
def base(vault: TestVault) -> str:
    client_id, _ = vault.sandbox.add_identity(vault.project_id)
    return f"/api/v1/auth/universal-auth/identities/{vault.sandbox.identity_id(client_id)}/client-secrets"


@pytest.fixture
def manager(vault: TestVault) -> Iterator[httpx.Client]:
    pair = vault.sandbox.add_identity(vault.project_id, manages_identities=True)
    with httpx.Client(base_url=vault.url, trust_env=False) as client:
        answer = client.post(LOGIN, json=dict(zip(("clientId", "clientSecret"), pair, strict=True)))
        client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield client


def log_in(vault: TestVault, base: str, client_secret: str) -> httpx.Response:
    wanted = base.split("/")[-2]
    client_id = next(one for one in vault.sandbox._vault.identities if vault.sandbox.identity_id(one) == wanted)
    login = {"clientId": client_id, "clientSecret": client_secret}
    return httpx.post(vault.url + LOGIN, json=login, trust_env=False)


def test_a_client_secret_is_made_used_listed_and_revoked(vault: TestVault, base: str, manager: httpx.Client) -> None:
    made = manager.post(base, json={"description": "rekey"}).json()
    shown = made["clientSecretData"]
    assert (len(made["clientSecret"]), shown["clientSecretPrefix"]) == (64, made["clientSecret"][:4])
    assert log_in(vault, base, made["clientSecret"]).status_code == 200
    listed: list[dict[str, Any]] = manager.get(base).json()["clientSecretData"]
    assert [(one["description"], one["clientSecretNumUses"]) for one in listed] == [("", 0), ("rekey", 1)]
    assert made["clientSecret"] not in manager.get(f"{base}/{shown['id']}").text
    assert manager.post(f"{base}/{shown['id']}/revoke").json()["clientSecretData"]["isClientSecretRevoked"] is True
    refused = refusal(log_in(vault, base, made["clientSecret"]))
    assert refused == (401, "UnauthorizedError", "Invalid credentials")
    assert len(manager.get(base).json()["clientSecretData"]) == 1


def test_a_client_secret_ends_by_its_uses(vault: TestVault, base: str, manager: httpx.Client) -> None:
    once = manager.post(base, json={"numUsesLimit": 1}).json()["clientSecret"]
    answers = [log_in(vault, base, once) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 401, 401]
    said = [one.json()["message"] for one in answers[1:]]
    assert said == ["Access denied due to client secret usage limit reached", "Invalid credentials"]


def test_a_token_ends_with_the_client_secret_that_it_was_had_with(
    vault: TestVault, base: str, manager: httpx.Client
) -> None:
    """Today; in 2024 it lived on. That of another secret, and one of a secret that is used up, live on in both."""
    first, other, spent = (manager.post(base, json={"numUsesLimit": limit}).json() for limit in (0, 0, 1))
    tokens = [log_in(vault, base, one["clientSecret"]).json()["accessToken"] for one in (first, other, spent)]
    log_in(vault, base, spent["clientSecret"])
    manager.post(f"{base}/{first['clientSecretData']['id']}/revoke")
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    place = {"workspaceId": vault.project_id, "environment": "prod"}
    asked = [httpx.get(vault.url + RAW, params=place, headers=one, trust_env=False) for one in headers]
    assert [one.status_code for one in asked] == [by_age(vault, 200, 401), 200, 200]
    if vault.profile == "current":
        assert asked[0].json()["message"] == "Failed to authorize: client secret has been revoked"
        renewed = httpx.post(f"{vault.url}/api/v1/auth/token/renew", json={"accessToken": tokens[0]}, trust_env=False)
        assert refusal(renewed) == (401, "UnauthorizedError", "Cannot renew: client secret has been revoked")


def test_who_may_not_manage_identities_is_refused(base: str, raw: Raw, manager: httpx.Client) -> None:
    assert refusal(raw.http.post(base, json={}))[:2] == (403, "PermissionDenied")
    assert manager.post(base, json={"ttl": -1}).json()["error"] == "ValidationFailure"
    other = base.replace(base.split("/")[-2], "none")
    assert (manager.get(other).status_code, manager.get(f"{base}/none").status_code) == (404, 404)
