"""Secrets are moved from one folder into another in one transaction, and never over another value unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from blocks.vaults.infisical.client import API
from deployments.sandbox.infisical.app import Profile
from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import PATH, TestVault, Vaults, fresh_vault

SERVERS: list[tuple[Profile, API]] = [("2024", "v3"), ("current", "v3"), ("current", "v4")]


def ids_of(raw: Raw, *names: str) -> list[str]:
    return [raw.get(f"{RAW}/{name}").json()["secret"]["id"] for name in names]


@pytest.fixture(params=SERVERS, ids="-".join)
def vault(vaults: Vaults, request: pytest.FixtureRequest) -> Iterator[TestVault]:
    with fresh_vault(vaults, *request.param) as fresh:
        yield fresh


def moved(raw: Raw, ids: Any, **fields: Any) -> httpx.Response:
    vault, project = raw.vault, raw.vault.project_id
    slug = vault.sandbox.slug_of(project)
    body = {"projectSlug": slug} if vault.api == "v3" else {"projectId": project}
    body |= {"sourceEnvironment": "prod", "sourceSecretPath": f"{PATH}/", "destinationEnvironment": "dev"}
    return raw.http.post(f"/api/{vault.api}/secrets/move", json={**body, "secretIds": ids, **fields})


def test_a_secret_is_moved_and_begins_again(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a", B="b")
    vault.put(A="a2")
    ids = ids_of(raw, "A")
    answer = moved(raw, ids)
    assert answer.json() == {"isSourceUpdated": True, "isDestinationUpdated": True}
    assert (vault.values, vault.sandbox.values(vault.project_id, "dev", "/")) == ({"B": "b"}, {"A": "a2"})
    there = raw.get(f"{RAW}/A", environment="dev", secretPath="/").json()["secret"]
    assert (there["version"], there["id"] in ids) == (1, False)
    assert refusal(moved(raw, ids)) == (400, "BadRequest", "Invalid secrets")


def test_another_value_is_overwritten_only_when_that_is_asked_for(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    vault.sandbox.put(vault.project_id, "dev", "/", {"A": "theirs"})
    answer = moved(raw, ids_of(raw, "A"))
    exists = "Failed to move secrets. The following secrets already exist in the destination: A"
    assert refusal(answer) == (400, "BadRequest", exists)
    assert (vault.values, vault.sandbox.values(vault.project_id, "dev", "/")) == ({"A": "a"}, {"A": "theirs"})
    assert moved(raw, ids_of(raw, "A"), shouldOverwrite=True).status_code == 200
    assert (vault.values, vault.sandbox.versions(vault.project_id, "dev", "/")) == ({}, {"A": 2})


def test_what_cannot_be_moved_stays(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    same = moved(raw, ids_of(raw, "A"), destinationEnvironment="prod", destinationSecretPath=PATH)
    assert refusal(same)[2] == "Selected secrets already exist in the destination."
    nowhere = moved(raw, ids_of(raw, "A"), destinationSecretPath="/nope")
    today = "Destination folder with path '/nope' in environment with slug 'dev' not found"
    assert refusal(nowhere) == (404, "NotFound", by_age(vault, "Destination path does not exist.", today))
    vault.sandbox.put(vault.project_id, "prod", PATH, {"R": "r"}, rotated=True)
    assert refusal(moved(raw, ids_of(raw, "R")))[2] == "Cannot move rotated secret: R"
    assert moved(raw, "A").status_code == by_age(vault, 401, 422)
    vault.sandbox.set_permissions(vault.client_id, vault.project_id, {"read", "create", "edit"})
    refused = moved(raw, ids_of(raw, "A"))
    assert refusal(refused)[2] == "You are not allowed to delete on secrets"
    assert vault.values == {"A": "a", "R": "r"}
