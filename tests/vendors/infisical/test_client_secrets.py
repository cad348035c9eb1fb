"""An identity's client secrets are made, listed, read and revoked over the API, as a rotation of one needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.vendors.infisical.raw import Raw, refusal
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


def test_who_may_not_manage_identities_is_refused(base: str, raw: Raw, manager: httpx.Client) -> None:
    assert refusal(raw.http.post(base, json={}))[:2] == (403, "PermissionDenied")
    assert manager.post(base, json={"ttl": -1}).json()["error"] == "ValidationFailure"
    other = base.replace(base.split("/")[-2], "none")
    assert (manager.get(other).status_code, manager.get(f"{base}/none").status_code) == (404, 404)
