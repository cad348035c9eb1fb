"""Runs of the twin by what they are asked by, and the jobs of each with numbers of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from deployments.sandbox.github.jobs import is_created
from tests.vendors.github.sandbox.scene import Scene

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("asked", "is_in"),
    [
        ("2026-11-29", True),
        ("2026-11-28", False),
        (">2026-11-28", True),
        (">2026-11-29", False),
        (">=2026-11-29", True),
        ("<2026-11-29", False),
        ("<=2026-11-29", True),
        (">=2026-11-29T12:00:00Z", True),
        (">2026-11-29T12:00:00Z", False),
        (">=2026-11-29T13:00:00+01:00", True),
        ("<2026-11-29T12:00:01+00:00", True),
        ("2026-11-01..2026-11-29", True),
        ("2026-11-01..2026-11-28", False),
        ("2026-11-29T11:59:59Z..2026-11-29T12:00:00Z", True),
        ("*..2026-11-28", False),
        ("2026-11-29..*", True),
    ],
)
def test_a_moment_is_asked_for_in_the_syntax_of_a_search(asked: str, is_in: bool) -> None:
    assert is_created(NOON, asked) is is_in


@pytest.fixture
def dispatched(scene: Scene, repository: str) -> list[dict[str, Any]]:
    """Two runs of a workflow with two jobs each."""
    scene.sandbox.add_attestation(repository, "attest.yml", ("KEY_ID", "SECRET"))
    base = f"/repos/{repository}/actions"
    with scene.gh() as gh:
        for nonce in ("one", "two"):
            body = {"ref": "main", "inputs": {"nonce": nonce}}
            assert gh.post(f"{base}/workflows/attest.yml/dispatches", json=body).status_code == 204
        found: list[dict[str, Any]] = gh.get(f"{base}/runs").json()["workflow_runs"]
    return found


def test_runs_are_narrowed_by_when_they_were_made_and_by_their_commit(
    scene: Scene, repository: str, dispatched: list[dict[str, Any]]
) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    with scene.gh() as gh:

        def count(path: str, **asked: str) -> int:
            return int(gh.get(f"/repos/{repository}/actions/{path}", params=asked).json()["total_count"])

        for path in ("runs", "workflows/attest.yml/runs"):
            assert count(path, created=f">={dispatched[0]['created_at']}") >= 1
            assert count(path, created=f"<{tomorrow}") == 2
            assert count(path, created=f">={tomorrow}") == 0
            assert count(path, head_sha=dispatched[0]["head_sha"]) == 2
            assert count(path, head_sha="f" * 40) == 0
    with scene.pygithub() as client:
        runs = client.get_repo(repository).get_workflow_runs(created=f">={tomorrow}")
        assert runs.totalCount == 0


def test_each_job_has_a_number_of_its_own_and_is_asked_for_by_it(
    scene: Scene, repository: str, dispatched: list[dict[str, Any]]
) -> None:
    def jobs(gh: httpx.Client, run: dict[str, Any], **asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = gh.get(run["jobs_url"], params=asked).json()["jobs"]
        return found

    with scene.gh() as gh:
        first = [one for run in dispatched for one in jobs(gh, run)]
        assert len({one["id"] for one in first}) == len(first) == 4
        for one in first:
            assert gh.get(one["url"]).json() == one
            assert {"head_sha", "head_branch", "workflow_name", "run_url", "check_run_url", "labels"} <= set(one)
            assert one["html_url"].endswith(f"/actions/runs/{one['run_id']}/job/{one['id']}")
        run = dispatched[0]
        assert gh.post(run["rerun_url"]).status_code == 201
        again, every = jobs(gh, run), jobs(gh, run, filter="all")
        assert {one["run_attempt"] for one in again} == {2}
        assert [one["id"] for one in every] == [one["id"] for one in (*again, *first[:2])]
        assert gh.get(f"{run['url']}/attempts/1/jobs").json()["jobs"] == first[:2]
        assert gh.get(f"{run['url']}/attempts/1").json()["run_attempt"] == 1
        assert gh.get(f"{run['url']}/attempts/3").status_code == 404
        assert gh.get(f"/repos/{repository}/actions/jobs/1").status_code == 404
    with scene.pygithub() as client:
        job = client.get_repo(repository).get_workflow_run(run["id"]).jobs()[0]
        assert (job.id, job.head_sha) == (again[0]["id"], run["head_sha"])
