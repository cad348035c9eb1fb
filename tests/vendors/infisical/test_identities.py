"""An identity is made, given a login and a project, and all of it ends when it is deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import LOGIN, PATH, TestVault

BASE, LOGINS = "/api/v1/identities", "/api/v1/auth/universal-auth/identities"


@pytest.fixture
def manager(vault: TestVault) -> Iterator[httpx.Client]:
    pair = vault.sandbox.add_identity(vault.project_id, manages_identities=True)
    with httpx.Client(base_url=vault.url, trust_env=False) as client:
        answer = client.post(LOGIN, json=dict(zip(("clientId", "clientSecret"), pair, strict=True)))
        client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield client


def made_identity(vault: TestVault, manager: httpx.Client, **fields: Any) -> dict[str, Any]:
    organization = vault.sandbox._vault.organization_id
    answer = manager.post(BASE, json={"name": "robot", "organizationId": organization, **fields})
    found: dict[str, Any] = answer.json()["identity"]
    return found


def test_an_identity_is_made_and_reads_what_its_role_permits(vault: TestVault, manager: httpx.Client) -> None:
    vault.put(A="a")
    identity = made_identity(vault, manager)
    assert (identity["name"], identity["authMethod"]) == ("robot", None)
    login = manager.post(f"{LOGINS}/{identity['id']}", json={}).json()["identityUniversalAuth"]["clientId"]
    secret = manager.post(f"{LOGINS}/{identity['id']}/client-secrets", json={}).json()["clientSecret"]
    granted = httpx.post(vault.url + LOGIN, json={"clientId": login, "clientSecret": secret}, trust_env=False).json()
    own = {"Authorization": f"Bearer {granted['accessToken']}"}
    place = {"workspaceId": vault.project_id, "environment": "prod", "secretPath": PATH}

    def asked() -> httpx.Response:
        return httpx.get(f"{vault.url}{RAW}/A", params=place, headers=own, trust_env=False)

    assert refusal(asked())[0] == 403
    member = f"/api/v2/workspace/{vault.project_id}/identity-memberships/{identity['id']}"
    assert manager.post(member, json={"role": "viewer"}).json()["identityMembership"]["identityId"] == identity["id"]
    assert asked().json()["secret"]["secretValue"] == "a"
    denied = httpx.request("DELETE", f"{vault.url}{RAW}/A", json=place, headers=own, trust_env=False)
    assert refusal(denied)[2] == "You are not allowed to delete on secrets"
    twice = refusal(manager.post(member, json={"role": "member"}))
    assert twice[2] == f"Identity with ID {identity['id']} already exists in project with ID {vault.project_id}"
    assert manager.patch(member, json={"roles": [{"role": "no-access"}]}).json()["roles"][0]["role"] == "no-access"
    assert refusal(asked())[2] == "You are not allowed to read on secrets"
    manager.delete(member)
    assert refusal(manager.get(member))[0] == 404
    assert manager.delete(f"{BASE}/{identity['id']}").json()["identity"]["name"] == "robot"
    ended = by_age(vault, "No identity access token found", "Failed to authorize: identity tokens have been revoked")
    assert refusal(asked()) == (401, "UnauthorizedError", ended)
    assert refusal(manager.get(f"{BASE}/{identity['id']}"))[2] == f"Failed to find identity with ID {identity['id']}"


def test_identities_are_listed_and_renamed(vault: TestVault, manager: httpx.Client) -> None:
    identity = made_identity(vault, manager, role="member")
    assert manager.patch(f"{BASE}/{identity['id']}", json={"name": "other"}).json()["identity"]["name"] == "other"
    shown = manager.get(f"{BASE}/{identity['id']}").json()["identity"]
    assert (shown["role"], shown["identity"]["name"], shown["identityId"]) == ("member", "other", identity["id"])
    listed = manager.get(BASE, params={"orgId": vault.sandbox._vault.organization_id}).json()
    assert identity["id"] in [one["identityId"] for one in listed["identities"]]
    assert listed["totalCount"] == len(listed["identities"])
    members = manager.get(f"/api/v2/workspace/{vault.project_id}/identity-memberships").json()["identityMemberships"]
    assert vault.sandbox.identity_id(vault.client_id) in [one["identityId"] for one in members]


def test_who_does_not_manage_identities_is_refused(vault: TestVault, raw: Raw) -> None:
    own = vault.sandbox.identity_id(vault.client_id)
    answers = [
        raw.http.get(f"{BASE}/{own}"),
        raw.http.delete(f"{BASE}/{own}"),
        raw.http.patch(f"{BASE}/{own}", json={}),
    ]
    assert [refusal(one)[2] for one in answers] == [
        f"You are not allowed to {right} on identity" for right in ("read", "delete", "edit")
    ]
    assert refusal(raw.http.post(BASE, json={}))[1] == "ValidationFailure"
