"""Fine-grained tokens as an organization sees them: an app lists who has which, and takes one's access away."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.vendors.github.sandbox.scene import Scene
from tests.vendors.github.sandbox.test_installations import signed


@pytest.fixture
def owner(scene: Scene, repository: str) -> str:
    name = f"grants-{repository.rpartition('-')[2]}"
    scene.sandbox.add_repository(f"{name}/one")
    scene.sandbox.add_repository(f"{name}/two")
    return name


def app_token(scene: Scene, owner: str, permissions: dict[str, str]) -> str:
    app = scene.sandbox.add_app("auditor", permissions)
    number = scene.sandbox.install(app, owner)
    with scene.gh() as gh:
        headers = {"Authorization": f"Bearer {signed(app)}"}
        token: str = gh.post(f"/app/installations/{number}/access_tokens", headers=headers).json()["token"]
    return token


def test_an_app_takes_the_access_of_a_token_away(scene: Scene, owner: str) -> None:
    ends = time.time() + 3600
    token = scene.sandbox.add_token({"secrets": "write"}, repositories=(f"{owner}/one",), ends_at=ends)
    asks = {"organization_personal_access_tokens": "write"}
    path = f"/orgs/{owner}/personal-access-tokens"
    with scene.gh(app_token(scene, owner, asks)) as app, scene.gh(token) as gh:
        assert gh.get(f"/repos/{owner}/one/actions/secrets").status_code == 200
        rows: list[dict[str, Any]] = app.get(path, params={"per_page": 100}).json()
        (row,) = [one for one in rows if one["repository_selection"] == "subset"]
        assert (row["owner"]["login"], row["token_expired"]) == ("sandbox", False)
        assert row["permissions"]["repository"] == {"secrets": "write"}
        assert row["token_expires_at"].endswith("Z")
        assert token not in str(rows)
        listed = app.get(row["repositories_url"]).json()
        assert [one["full_name"] for one in listed] == [f"{owner}/one"]
        wrong = app.post(f"{path}/{row['id']}", json={"action": "keep"})
        assert wrong.json()["message"] == 'Invalid request.\n\nkeep is not a member of ["revoke"].'
        assert app.post(f"{path}/{row['id']}", json={"action": "revoke"}).status_code == 204
        # It is a token still, and sees nothing of the organization any more.
        assert gh.get("/user").status_code == 200
        assert gh.get(f"/repos/{owner}/one/actions/secrets").status_code == 404
        assert row["id"] not in [one["id"] for one in app.get(path).json()]
        assert app.post(f"{path}/{row['id']}", json={"action": "revoke"}).status_code == 404
        others = [one["id"] for one in app.get(path).json()]
        assert app.post(path, json={"action": "revoke", "pat_ids": others[:1]}).status_code == 202
        assert app.get(f"/orgs/{owner}/personal-access-token-requests").json() == []


def test_only_an_app_that_may_sees_them(scene: Scene, owner: str) -> None:
    path = f"/orgs/{owner}/personal-access-tokens"
    with scene.gh(app_token(scene, owner, {"secrets": "write"})) as app:
        refused = app.get(path)
        assert refused.headers["x-accepted-github-permissions"] == "organization_personal_access_tokens=read"
    with scene.gh() as gh:
        assert gh.get(path).status_code == 403


def test_who_works_with_a_repository_is_asked_by_name(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        assert found.has_in_collaborators("sandbox")
        assert not found.has_in_collaborators("nobody")
