"""Deployments of the twin, as PyGithub notes them, and what becomes of those before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.github.sandbox.scene import Scene


def test_pygithub_notes_a_deployment_and_what_became_of_it(scene: Scene, repository: str) -> None:
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        first = found.create_deployment(
            "main", environment="live", description="keys rotated", payload={"rotation": "1"}
        )
        assert (first.environment, first.task, first.payload) == ("live", "deploy", {"rotation": "1"})
        assert (first.sha, first.creator.login) == (found.get_branch("main").commit.sha, "sandbox")
        assert "live" in [one.name for one in found.get_environments()]
        first.create_status("in_progress")
        done = first.create_status("success", target_url="https://example.com/log", description="done")
        assert [one.state for one in first.get_statuses()] == ["success", "in_progress"]
        assert first.get_status(done.id).description == "done"

        second = found.create_deployment("main", environment="live")
        second.create_status("success")

        assert next(iter(first.get_statuses())).state == "inactive"
        assert [one.id for one in found.get_deployments(environment="live")] == [second.id, first.id]
        assert not list(found.get_deployments(environment="none"))
        assert found.get_deployment(first.id).url == first.url


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, 'Invalid request.\n\n"ref" wasn\'t supplied.'),
        ({"ref": "none"}, "No ref found for: none"),
        ([], "Invalid request.\n\nFor 'links/0/schema', [] is not an object."),
    ],
)
def test_what_cannot_be_deployed_is_refused(scene: Scene, repository: str, body: Any, message: str) -> None:
    path = f"/repos/{repository}/deployments"
    with scene.gh() as gh:
        refused = gh.post(path, json=body)
        assert (refused.status_code, refused.json()["message"], gh.get(path).json()) == (422, message, [])
    with scene.gh(scene.sandbox.add_token({"actions": "write"})) as gh:
        assert gh.get(path).headers["x-accepted-github-permissions"] == "deployments=read"


def test_a_deployment_in_use_is_not_deleted_unless_it_is_the_only_one(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/deployments"
    with scene.gh() as gh:
        one, two = (gh.post(path, json={"ref": "main"}).json() for _ in range(2))
        for body in ({}, {"state": "gone"}, {"state": ["success"]}):
            assert gh.post(two["statuses_url"], json=body).status_code == 422
        status = gh.post(two["statuses_url"], json={"state": "success"})
        assert (status.status_code, gh.get(status.headers["location"]).json()) == (201, status.json())
        assert gh.delete(two["url"]).status_code == 422
        assert gh.delete(one["url"]).status_code == 204
        assert gh.delete(two["url"]).status_code == 204
        assert gh.get(two["url"]).status_code == 404
        assert gh.get(path).json() == []
