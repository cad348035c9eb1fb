"""GitHub Apps of the twin: a signed assertion is exchanged for a token of an hour, which ends itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import github
import httpx
import jwt
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.github.app_keys import GithubApp
from tests.vendors.github.sandbox.scene import Scene


@pytest.fixture
def app(scene: Scene) -> GithubApp:
    return scene.sandbox.add_app("rotator", {"secrets": "write", "actions": "read"})


@pytest.fixture
def installation(scene: Scene, app: GithubApp, repository: str) -> int:
    return scene.sandbox.install(app, repository.partition("/")[0])


@pytest.fixture
def by_app(scene: Scene, app: GithubApp) -> Iterator[github.GithubIntegration]:
    auth = github.Auth.AppAuth(app.id, app.private_key)
    with github.GithubIntegration(auth=auth, base_url=scene.url, seconds_between_writes=0) as made:
        yield made


def signed(app: GithubApp, **claims: Any) -> str:
    now = int(time.time())
    return jwt.encode({"iss": str(app.id), "iat": now - 60, "exp": now + 300, **claims}, app.private_key, "RS256")


def minted(scene: Scene, app: GithubApp, installation: int, **asked: Any) -> httpx.Response:
    with scene.gh() as gh:
        headers = {"Authorization": f"Bearer {signed(app)}"}
        return gh.post(f"/app/installations/{installation}/access_tokens", headers=headers, json=asked)


def test_pygithub_writes_a_secret_as_an_app_that_is_installed(
    scene: Scene, repository: str, app: GithubApp, installation: int, by_app: github.GithubIntegration
) -> None:
    assert (by_app.get_app().slug, by_app.get_app().name) == (app.slug, app.slug)
    assert [one.id for one in by_app.get_installations()] == [installation]
    owner, name = repository.split("/")
    assert by_app.get_repo_installation(owner, name).id == by_app.get_org_installation(owner).id == installation
    made = by_app.get_access_token(installation)
    assert made.token.startswith("ghs_")
    assert made.permissions == {"secrets": "write", "actions": "read", "metadata": "read"}
    assert timedelta(minutes=59) < made.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    with by_app.get_github_for_installation(installation) as client:
        client.get_repo(repository).create_secret("KEY", "new")
    assert scene.sandbox.reveal(repository, "KEY") == "new"
    found = by_app.get_app_installation(installation)
    assert (found.app_id, found.target_type, found.repository_selection) == (app.id, "Organization", "all")


def test_a_token_may_do_what_was_asked_for_where_it_was_asked_for_and_ends_itself(
    scene: Scene, repository: str, app: GithubApp, installation: int
) -> None:
    other, owner = f"{repository}-other", repository.partition("/")[0]
    scene.sandbox.add_repository(other)
    asked = {"repositories": [repository.partition("/")[2]], "permissions": {"actions": "read"}}
    answer = minted(scene, app, installation, **asked)
    body = answer.json()
    assert (answer.status_code, body["repository_selection"]) == (201, "selected")
    assert [one["full_name"] for one in body["repositories"]] == [repository]
    assert body["permissions"] == {"actions": "read", "metadata": "read"}
    with scene.gh(body["token"]) as gh:
        listed = gh.get("/installation/repositories").json()
        assert (listed["total_count"], listed["repository_selection"]) == (1, "selected")
        assert gh.get(f"/repos/{repository}/actions/runs").status_code == 200
        assert gh.get(f"/repos/{other}/actions/runs").status_code == 404
        refused = gh.get(f"/repos/{repository}/actions/secrets")
        assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
        assert refused.headers["x-accepted-github-permissions"] == "secrets=read"
        assert gh.get("/user").json()["message"] == "Resource not accessible by integration"
        assert gh.delete("/installation/token").status_code == 204
        assert gh.get("/installation/repositories").status_code == 401
    assert minted(scene, app, installation, repositories=["none"]).json()["message"] == (
        "There is at least one repository that does not exist or is not accessible to the parent installation."
    )
    for permissions in ({"actions": "write"}, {"none": "read"}):
        refused = minted(scene, app, installation, permissions=permissions)
        assert refused.json()["message"] == "The permissions requested are not granted to this installation."
    elsewhere = scene.sandbox.install(app, f"{owner}-not", repositories=())
    assert minted(scene, app, elsewhere).status_code == 201


@pytest.mark.parametrize(
    ("claims", "status", "message"),
    [
        (
            {"exp": 1},
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at "
            "which the assertion expires",
        ),
        ({"exp": int(time.time()) + 7200}, 401, "'Expiration time' claim ('exp') is too far in the future"),
        ({"iss": "1"}, 404, "Integration not found"),
    ],
)
def test_an_assertion_that_says_something_wrong_is_told_so(
    scene: Scene, app: GithubApp, claims: dict[str, Any], status: int, message: str
) -> None:
    with scene.gh() as gh:
        answer = gh.get("/app", headers={"Authorization": f"Bearer {signed(app, **claims)}"})
        assert (answer.status_code, answer.json()["message"]) == (status, message)


def test_only_the_apps_own_key_signs_for_it(scene: Scene, app: GithubApp) -> None:
    other = GithubSandbox().add_app("other", {})
    forged = jwt.encode({"iss": str(app.id), "iat": 1, "exp": int(time.time()) + 60}, other.private_key, "RS256")
    with scene.gh() as gh:
        for presented in (forged, scene.sandbox.token, made_up.token("", 20), "a.b.c"):
            answer = gh.get("/app", headers={"Authorization": f"Bearer {presented}"})
            assert (answer.status_code, answer.json()["message"]) == (401, "A JSON web token could not be decoded")
        by_client_id = signed(app, iss=app.client_id)
        assert gh.get("/app", headers={"Authorization": f"Bearer {by_client_id}"}).json()["id"] == app.id
        # An assertion is no token.
        assert gh.get("/user", headers={"Authorization": f"Bearer {signed(app)}"}).status_code == 401
        assert gh.delete("/installation/token").status_code == 403


def test_a_suspended_installation_gets_no_token(scene: Scene, app: GithubApp, installation: int) -> None:
    token = minted(scene, app, installation).json()["token"]
    path, headers = f"/app/installations/{installation}", {"Authorization": f"Bearer {signed(app)}"}
    with scene.gh() as gh:
        assert gh.put(f"{path}/suspended", headers=headers).status_code == 204
        assert gh.get(path, headers=headers).json()["suspended_at"]
        assert minted(scene, app, installation).json()["message"] == "This installation has been suspended"
        assert gh.get("/installation/repositories", headers={"Authorization": f"token {token}"}).status_code == 403
        assert gh.delete(f"{path}/suspended", headers=headers).status_code == 204
        assert minted(scene, app, installation).status_code == 201
        assert gh.delete(path, headers=headers).status_code == 204
        assert gh.get(path, headers=headers).status_code == 404
        assert gh.get("/installation/repositories", headers={"Authorization": f"token {token}"}).status_code == 401
    assert app.private_key not in repr(scene.sandbox._estate)


def test_a_token_for_some_repositories_writes_to_no_other_public_one(scene: Scene, repository: str) -> None:
    public = f"{repository}-public"
    scene.sandbox.add_repository(public, private=False)
    with scene.gh(scene.sandbox.add_token({"secrets": "write"}, repositories=(repository,))) as gh:
        assert gh.get(f"/repos/{public}").status_code == 200
        refused = gh.get(f"/repos/{public}/actions/secrets")
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by personal access token")


def test_an_app_replaces_the_secret_of_its_own_webhook(scene: Scene, app: GithubApp) -> None:
    secret, path = made_up.token("", 40), "/app/hook/config"
    with scene.gh() as gh:
        headers = {"Authorization": f"Bearer {signed(app)}"}
        before = gh.get(path, headers=headers).json()
        assert before == {"content_type": "form", "insecure_ssl": "0", "url": "https://example.com/hook"}
        asked = {"secret": secret, "content_type": "json"}
        changed = gh.patch(path, headers=headers, json=asked).json()
        assert (changed["secret"], changed["content_type"], changed["url"]) == ("*" * 8, "json", before["url"])
        assert gh.get(path, headers=headers).json() == changed
        assert gh.get("/app/hook/deliveries", headers=headers).json() == []
        assert gh.get(path).status_code == 401
    assert scene.sandbox.app_secret(app) == secret
    assert secret not in repr(scene.sandbox._estate)
