"""Tokens that GitHub mints for programs: of OAuth apps, which are looked at, replaced and ended, and of runners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.vendors.github.sandbox.scene import Scene


@pytest.fixture
def oauth(scene: Scene) -> tuple[str, str]:
    return scene.sandbox.add_oauth_app("raxx")


def by_app(scene: Scene, oauth: tuple[str, str], method: str, path: str = "token", **body: Any) -> httpx.Response:
    with scene.gh() as gh:
        gh.headers.pop("authorization")
        return gh.request(method, f"/applications/{oauth[0]}/{path}", auth=oauth, json=body)


def test_an_oauth_app_looks_at_a_token_replaces_it_and_ends_it(scene: Scene, oauth: tuple[str, str]) -> None:
    old = scene.sandbox.authorize(oauth[0], scopes=("repo",))
    shown = by_app(scene, oauth, "POST", access_token=old)
    assert (shown.status_code, shown.json()["scopes"], shown.json()["token"]) == (200, ["repo"], old)
    assert (shown.json()["user"]["login"], shown.json()["app"]["client_id"]) == ("sandbox", oauth[0])
    reset = by_app(scene, oauth, "PATCH", access_token=old).json()
    new = reset["token"]
    assert new.startswith("gho_")
    assert (new != old, reset["id"]) == (True, shown.json()["id"])
    for token, status in ((old, 401), (new, 200)):
        with scene.gh(token) as gh:
            assert gh.get("/user").status_code == status
    gone = by_app(scene, oauth, "POST", access_token=old)
    assert (gone.status_code, gone.json()["message"]) == (404, "Not Found")
    assert by_app(scene, oauth, "DELETE", access_token=new).status_code == 204
    assert by_app(scene, oauth, "POST", access_token=new).status_code == 404


def test_the_end_of_a_grant_is_that_of_all_its_tokens(scene: Scene, oauth: tuple[str, str]) -> None:
    tokens = [scene.sandbox.authorize(oauth[0]) for _ in range(2)]
    assert by_app(scene, oauth, "DELETE", "grant", access_token=tokens[0]).status_code == 204
    for token in tokens:
        assert not scene.sandbox.knows(token)
    assert by_app(scene, oauth, "POST").json()["message"] == 'Invalid request.\n\n"access_token" wasn\'t supplied.'


def test_only_the_app_asks_about_its_tokens(scene: Scene, oauth: tuple[str, str]) -> None:
    token, other = scene.sandbox.authorize(oauth[0]), scene.sandbox.add_oauth_app("other")
    assert by_app(scene, other, "POST", access_token=token).status_code == 404
    for wrong in ((oauth[0], "x"), other):
        with scene.gh() as gh:
            gh.headers.pop("authorization")
            refused = gh.post(f"/applications/{oauth[0]}/token", auth=wrong, json={"access_token": token})
            assert refused.status_code in {401, 404}
    with scene.gh() as gh:
        assert gh.post(f"/applications/{oauth[0]}/token", json={"access_token": token}).status_code == 401
    assert token not in repr(scene.sandbox._estate)


@pytest.mark.parametrize("kind", ["registration", "remove"])
def test_a_runner_gets_a_token_of_an_hour(scene: Scene, repository: str, kind: str) -> None:
    with scene.gh() as gh:
        for place in (f"/repos/{repository}", "/orgs/raxx"):
            base = f"{place}/actions/runners"
            made = gh.post(f"{base}/{kind}-token")
            ends = datetime.fromisoformat(made.json()["expires_at"])
            assert made.status_code == 201
            assert timedelta(minutes=59) < ends - datetime.now(UTC) <= timedelta(hours=1)
            assert gh.post(f"{base}/{kind}-token").json()["token"] != made.json()["token"]
            assert gh.get(base).json() == {"total_count": 0, "runners": []}
            assert gh.get(f"{base}/1").status_code == 404
    with scene.gh(scene.sandbox.add_token({"secrets": "write"})) as gh:
        refused = gh.post(f"/repos/{repository}/actions/runners/{kind}-token")
        assert refused.headers["x-accepted-github-permissions"] == "administration=write"
        refused = gh.post(f"/orgs/raxx/actions/runners/{kind}-token")
        assert refused.headers["x-accepted-github-permissions"] == "organization_self_hosted_runners=write"
