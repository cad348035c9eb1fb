"""Runs of the twin started again in part, ended by force, deleted and read; workflows switched off and on."""

from __future__ import annotations

import io
import zipfile

import httpx
import pytest

from tests.vendors.github.sandbox.scene import Scene


@pytest.fixture
def base(scene: Scene, repository: str) -> str:
    """Where the actions are of a repository whose workflow ran once, with two jobs."""
    scene.sandbox.add_attestation(repository, "attest.yml", ("KEY_ID", "SECRET"))
    path = f"/repos/{repository}/actions"
    with scene.gh() as gh:
        body = {"ref": "main", "inputs": {"nonce": "one"}}
        assert gh.post(f"{path}/workflows/attest.yml/dispatches", json=body).status_code == 204
    return path


def test_pygithub_starts_again_what_failed_and_deletes_a_run(scene: Scene, repository: str) -> None:
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    scene.sandbox.add_run(repository, "tests.yml", "completed", "failure")
    with scene.pygithub() as client:
        found = client.get_repo(repository)
        run = found.get_workflow_runs()[0]
        assert run.previous_attempt_url is None
        assert run.rerun_failed_jobs()
        again = found.get_workflow_run(run.id)
        assert (again.run_attempt, again.conclusion) == (2, "success")
        assert again.previous_attempt_url == f"{run.url}/attempts/1"
        assert again.timing().run_duration_ms == 0
        assert again.delete()
        assert not list(found.get_workflow_runs())


def test_a_job_is_started_again_and_a_run_that_goes_on_is_ended_by_force(
    scene: Scene, repository: str, base: str
) -> None:
    busy = scene.sandbox.add_run(repository, "attest.yml", "in_progress")
    with scene.gh() as gh:
        run = gh.get(f"{base}/runs", params={"status": "completed"}).json()["workflow_runs"][0]
        job = gh.get(run["jobs_url"]).json()["jobs"][0]
        assert gh.post(f"{job['url']}/rerun").status_code == 201
        assert gh.get(run["url"]).json()["run_attempt"] == 2
        timing = gh.get(f"{run['url']}/timing").json()["billable"]["UBUNTU"]
        assert (timing["jobs"], len(timing["job_runs"])) == (2, 2)
        for kind in ("approvals", "pending_deployments"):
            assert gh.get(f"{run['url']}/{kind}").json() == []
        assert gh.delete(f"{base}/runs/{busy}").status_code == 403
        assert gh.get(f"{base}/runs/{busy}/logs").status_code == 404
        assert gh.post(f"{base}/runs/{busy}/force-cancel").status_code == 202
        assert gh.get(f"{base}/runs/{busy}").json()["conclusion"] == "cancelled"
        assert gh.post(f"{base}/runs/{busy}/force-cancel").status_code == 409
        assert gh.get(f"{base}/artifacts").json() == {"total_count": 0, "artifacts": []}


def test_logs_are_fetched_from_an_address_that_asks_for_no_token_and_holds_once(scene: Scene, base: str) -> None:
    with scene.gh() as gh:
        run = gh.get(f"{base}/runs").json()["workflow_runs"][0]
        jobs = gh.get(run["jobs_url"]).json()["jobs"]
        leads = gh.get(run["logs_url"])
        of_job = gh.get(f"{jobs[0]['url']}/logs", follow_redirects=True)
    assert (leads.status_code, leads.content) == (302, b"")
    packed = httpx.get(leads.headers["location"], trust_env=False)
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == [f"{number}_{one['name']}.txt" for number, one in enumerate(jobs)]
        assert archive.read(archive.namelist()[0]).decode() == of_job.text
    assert "success" in of_job.text
    assert httpx.get(leads.headers["location"], trust_env=False).status_code == 404


def test_a_workflow_that_is_switched_off_is_not_started(scene: Scene, repository: str) -> None:
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    path = f"/repos/{repository}/actions/workflows/tests.yml"
    with scene.pygithub() as client, scene.gh() as gh:
        workflow = client.get_repo(repository).get_workflow("tests.yml")
        assert workflow.disable()
        assert gh.get(path).json()["state"] == "disabled_manually"
        refused = gh.post(f"{path}/dispatches", json={"ref": "main"})
        assert (refused.status_code, refused.json()["message"]) == (
            422,
            "Cannot trigger a 'workflow_dispatch' on a disabled workflow",
        )
        assert workflow.enable()
        assert workflow.create_dispatch("main")


def test_an_event_of_ones_own_is_taken(scene: Scene, repository: str) -> None:
    path = f"/repos/{repository}/dispatches"
    with scene.pygithub() as client, scene.gh() as gh:
        assert client.get_repo(repository).create_repository_dispatch("rotated", {"place": "prod"})
        for body in ({}, {"event_type": ""}, {"event_type": "x", "client_payload": dict.fromkeys("abcdefghijk", 1)}):
            assert gh.post(path, json=body).status_code == 422
    with scene.gh(scene.sandbox.add_token({"actions": "write"})) as gh:
        assert gh.post(path, json={"event_type": "rotated"}).status_code == 403
