"""Runs of the twin that wait for an environment's reviewers, who approve of them or do not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.vendors.github.sandbox.scene import Scene


@pytest.fixture
def waiting(scene: Scene, repository: str) -> dict[str, Any]:
    """A run that waits for the person whose tokens there are."""
    scene.sandbox.edit_by_hand(repository, "KEY_ID", "key")
    scene.sandbox.edit_by_hand(repository, "SECRET", "secret")
    scene.sandbox.add_attestation(repository, "attest.yml", ("KEY_ID", "SECRET"))
    scene.sandbox.repository(repository).reviewed["attest.yml"] = "prod"
    base = f"/repos/{repository}"
    with scene.gh() as gh:
        protect(gh, repository)
        asked = {"ref": "main", "inputs": {"nonce": "n"}, "return_run_details": True}
        url = gh.post(f"{base}/actions/workflows/attest.yml/dispatches", json=asked).json()["run_url"]
        run: dict[str, Any] = gh.get(url).json()
    assert (run["status"], run["conclusion"]) == ("waiting", None)
    return run


def protect(gh: httpx.Client, repository: str, **more: Any) -> None:
    body = {"reviewers": [{"type": "User", "id": 1}], **more}
    assert gh.put(f"/repos/{repository}/environments/prod", json=body).status_code == 200


def review(gh: httpx.Client, run: dict[str, Any], state: str) -> httpx.Response:
    (pending,) = gh.get(f"{run['url']}/pending_deployments").json()
    assert (pending["environment"]["name"], pending["current_user_can_approve"]) == ("prod", True)
    assert pending["reviewers"][0]["reviewer"]["login"] == "sandbox"
    body = {"environment_ids": [pending["environment"]["id"]], "state": state, "comment": "rotated"}
    return gh.post(f"{run['url']}/pending_deployments", json=body)


def test_an_approved_run_begins_with_what_it_was_started_with(scene: Scene, waiting: dict[str, Any]) -> None:
    with scene.gh() as gh:
        answer = review(gh, waiting, "approved")
        assert (answer.status_code, [one["environment"] for one in answer.json()]) == (200, ["prod"])
        run = gh.get(waiting["url"]).json()
        assert (run["status"], run["conclusion"], run["run_attempt"]) == ("completed", "success", 1)
        assert [one["name"].split()[0] for one in gh.get(run["jobs_url"]).json()["jobs"]] == ["attest", "rekey"]
        assert gh.get(f"{run['url']}/pending_deployments").json() == []
        (approval,) = gh.get(f"{run['url']}/approvals").json()
        assert (approval["state"], approval["comment"], approval["user"]["login"]) == ("approved", "rotated", "sandbox")
        assert [one["name"] for one in approval["environments"]] == ["prod"]


def test_a_rejected_run_has_failed(scene: Scene, waiting: dict[str, Any]) -> None:
    with scene.gh() as gh:
        assert review(gh, waiting, "rejected").status_code == 200
        run = gh.get(waiting["url"]).json()
        assert (run["status"], run["conclusion"]) == ("completed", "failure")
        again = gh.post(
            f"{run['url']}/pending_deployments", json={"environment_ids": [1], "state": "approved", "comment": ""}
        )
        assert (again.status_code, again.json()["errors"]) == (
            422,
            "No pending deployment requests to approve or reject",
        )


def test_whoever_started_it_may_not_approve_where_that_is_prevented(
    scene: Scene, repository: str, waiting: dict[str, Any]
) -> None:
    with scene.gh() as gh:
        protect(gh, repository, prevent_self_review=True)
        (pending,) = gh.get(f"{waiting['url']}/pending_deployments").json()
        assert pending["current_user_can_approve"] is False
        body = {"environment_ids": [pending["environment"]["id"]], "state": "approved", "comment": ""}
        refused = gh.post(f"{waiting['url']}/pending_deployments", json=body)
        assert refused.json()["errors"] == "No pending deployment requests to approve or reject"
        assert gh.get(waiting["url"]).json()["status"] == "waiting"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, '"comment", "environment_ids", "state" weren\'t supplied.'),
        (
            {"environment_ids": [1], "state": "maybe", "comment": ""},
            'maybe is not a member of ["approved", "rejected"].',
        ),
        (
            {"environment_ids": 1, "state": "approved", "comment": ""},
            "For 'properties/environment_ids', 1 is not an array.",
        ),
    ],
)
def test_a_review_says_what_is_approved_and_how(
    scene: Scene, waiting: dict[str, Any], body: dict[str, Any], told: str
) -> None:
    with scene.gh() as gh:
        refused = gh.post(f"{waiting['url']}/pending_deployments", json=body)
        assert (refused.status_code, refused.json()["message"]) == (422, f"Invalid request.\n\n{told}")
    with scene.gh(scene.sandbox.add_token({"actions": "write"})) as gh:
        refused = gh.post(f"{waiting['url']}/pending_deployments", json=body)
        assert refused.headers["x-accepted-github-permissions"] == "deployments=write"
