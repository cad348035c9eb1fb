"""Projects, environments and tags of the simulated vaults, as their command line, SDKs and Terraform ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import LOGIN, PATH, TestVault

WORKSPACES = "/api/v1/workspace"


def bases(raw: Raw) -> list[str]:
    """Under which names a project is asked for."""
    found: list[str] = by_age(raw.vault, [WORKSPACES], [WORKSPACES, "/api/v1/projects"])
    return found


def test_a_project_is_read_by_its_id_and_its_slug(vault: TestVault, raw: Raw) -> None:
    slug = vault.sandbox.slug_of(vault.project_id)
    shown = raw.http.get(f"{WORKSPACES}/{vault.project_id}").json()["workspace"]
    assert (shown["id"], shown["_id"], shown["slug"]) == (vault.project_id, vault.project_id, slug)
    assert [one["slug"] for one in shown["environments"]] == ["dev", "staging", "prod"]
    assert ("type" in shown) == (vault.profile == "current")
    assert raw.http.get(f"/api/v2/workspace/{slug}").json() == shown
    assert raw.http.get("/api/v2/workspace/none-such").status_code == 404

    by_id = raw.http.get(f"/api/v1/projects/{vault.project_id}")
    by_slug = raw.http.get(f"/api/v1/projects/slug/{slug}")
    assert (by_id.status_code, by_slug.status_code) == by_age(vault, (404, 404), (200, 200))
    if vault.profile == "current":
        assert (by_id.json()["project"], by_slug.json()) == (shown, shown)


def test_another_project_is_nobody_elses(vault: TestVault, raw: Raw) -> None:
    other = vault.sandbox.add_project()
    for path in (f"{WORKSPACES}/{other}", f"/api/v2/workspace/{vault.sandbox.slug_of(other)}"):
        assert raw.http.get(path).status_code == 403
    listed = raw.http.get(WORKSPACES).json()["workspaces"]
    assert [one["id"] for one in listed] == [vault.project_id]


def test_an_environment_is_made_moved_renamed_and_deleted(vault: TestVault, raw: Raw) -> None:
    for base in bases(raw):
        environments = f"{base}/{vault.project_id}/environments"
        made = raw.http.post(environments, json={"name": "Quality", "slug": "qa", "position": 2}).json()
        assert (made["message"], made["environment"]["position"]) == ("Successfully created new environment", 2)
        assert made["workspace" if base == WORKSPACES else "projectId"] == vault.project_id
        one = f"{environments}/{made['environment']['id']}"
        assert raw.http.get(one).json()["environment"]["name"] == "Quality"
        again = raw.http.post(environments, json={"name": "x", "slug": "qa"})
        assert refusal(again) == (400, "CreateEnvironment", "Environment with slug already exist")
        place = {"workspaceId": vault.project_id, "environment": "qa", "secretPath": "/"}
        assert raw.http.post(f"{RAW}/A", json={**place, "secretValue": "a"}).status_code == 200

        changed = raw.http.patch(one, json={"slug": "qa-two", "position": 4}).json()["environment"]
        assert (changed["slug"], changed["name"], changed["position"]) == ("qa-two", "Quality", 4)
        moved = {**place, "environment": "qa-two"}
        assert raw.http.get(f"{RAW}/A", params=moved).json()["secret"]["secretValue"] == "a"
        gone = f"{environments}/{changed['id']}"
        assert raw.http.delete(gone).json()["environment"]["slug"] == "qa-two"
        assert refusal(raw.http.delete(gone))[:2] == (404, "DeleteEnvironment")
        assert refusal(raw.http.patch(gone, json={}))[:2] == (404, "NotFound")


def test_a_tag_is_made_found_changed_and_deleted(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    for base in bases(raw):
        tags = f"{base}/{vault.project_id}/tags"
        assert refusal(raw.http.get(f"{tags}/slug/mine")) == (404, "NotFound", "Tag doesn't exist")
        made = raw.http.post(tags, json={"slug": "mine", "color": ""}).json()["tag"]
        again = raw.http.post(tags, json={"slug": "mine", "color": ""})
        assert refusal(again) == (400, "BadRequest", "Tag already exist")
        by_slug = raw.http.get(f"{tags}/slug/mine").json()["tag"]
        assert by_slug == raw.http.get(f"{tags}/{made['id']}").json()["tag"] == {**made, "name": "mine"}
        assert raw.http.get(tags).json()["tags"] == [made]

        raw.send("PATCH", f"{RAW}/A", secretValue="a", tagIds=[made["id"]])
        changed = raw.http.patch(f"{tags}/{made['id']}", json={"slug": "theirs", "color": "#fff"}).json()["tag"]
        seen = [(one["slug"], one["color"]) for one in raw.get(f"{RAW}/A").json()["secret"]["tags"]]
        assert seen == [(changed["slug"], changed["color"])] == [("theirs", "#fff")]
        assert [row["secretKey"] for row in raw.get(RAW, tagSlugs="theirs").json()["secrets"]] == ["A"]
        assert raw.http.delete(f"{tags}/{made['id']}").json()["tag"]["id"] == made["id"]
        assert raw.get(f"{RAW}/A").json()["secret"]["tags"] == []
        assert refusal(raw.http.delete(f"{tags}/{made['id']}"))[0] == 400
        wrong = raw.http.post(tags, json={"slug": "Not A Slug", "color": ""})
        assert refusal(wrong)[:2] == (by_age(vault, 401, 422), "ValidationFailure")


def test_who_may_only_read_secrets_makes_neither_tags_nor_environments(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.set_permissions(vault.client_id, vault.project_id, {"read"})
    base = f"{WORKSPACES}/{vault.project_id}"
    for what, body in (("tags", {"slug": "a", "color": ""}), ("environments", {"slug": "a", "name": "A"})):
        refused = refusal(raw.http.post(f"{base}/{what}", json=body))
        assert refused == (403, "PermissionDenied", f"You are not allowed to create on {what}")


@pytest.fixture
def manager(vault: TestVault) -> Iterator[httpx.Client]:
    pair = vault.sandbox.add_identity(vault.project_id, manages_identities=True)
    with httpx.Client(base_url=vault.url, trust_env=False) as client:
        answer = client.post(LOGIN, json=dict(zip(("clientId", "clientSecret"), pair, strict=True)))
        client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield client


def test_how_an_identity_logs_in_is_told_to_who_manages_it(vault: TestVault, raw: Raw, manager: httpx.Client) -> None:
    vault.sandbox.knobs.token_ttl_s = 600
    identity = vault.sandbox.identity_id(vault.client_id)
    path = f"/api/v1/auth/universal-auth/identities/{identity}"
    told: dict[str, Any] = manager.get(path).json()["identityUniversalAuth"]
    assert (told["clientId"], told["identityId"], told["accessTokenTTL"]) == (vault.client_id, identity, 600)
    assert [one["ipAddress"] for one in told["clientSecretTrustedIps"]] == ["0.0.0.0", "::"]  # noqa: S104 - as told
    assert ("lockoutThreshold" in told) == (vault.profile == "current")
    assert raw.http.get(path).status_code == 403


def test_the_command_line_asks_whether_a_token_is_valid(current: TestVault) -> None:
    raw = Raw(current)
    shown = raw.http.get("/api/v1/identities/details").json()["identityDetails"]["organization"]
    project = raw.http.get(f"{WORKSPACES}/{current.project_id}").json()["workspace"]
    assert shown["id"] == project["orgId"]
    raw.http.headers["Authorization"] = "Bearer none"
    assert raw.http.get("/api/v1/identities/details").status_code == 403


def test_a_folder_of_an_environment_that_is_new_can_be_made(vault: TestVault, raw: Raw) -> None:
    base = f"{WORKSPACES}/{vault.project_id}/environments"
    raw.http.post(base, json={"name": "Q", "slug": "q"})
    place = {"workspaceId": vault.project_id, "environment": "q", "path": PATH}
    assert raw.http.post("/api/v1/folders", json={**place, "name": "one"}).json()["folder"]["name"] == "one"
