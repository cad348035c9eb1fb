"""Jobs of runs as GitHub shows them of a commit: check runs, and a suite of them for each run."""

from __future__ import annotations

import github
import pytest

from tests.vendors.github.sandbox.scene import Scene


def test_pygithub_finds_the_jobs_of_a_run_as_checks_of_its_commit(scene: Scene, repository: str) -> None:
    scene.sandbox.add_workflow(repository, "tests.yml", "Tests")
    with scene.pygithub() as client, scene.gh() as gh:
        found = client.get_repo(repository)
        assert found.get_workflow("tests.yml").create_dispatch("main")
        run = found.get_workflow_runs()[0]
        job = run.jobs()[0]
        commit = found.get_commit(run.head_sha)
        (check,) = commit.get_check_runs()
        assert (check.id, check.name, check.status, check.conclusion) == (job.id, job.name, "completed", "success")
        assert (check.app.slug, check.head_sha) == ("github-actions", run.head_sha)
        assert found.get_check_run(check.id).check_suite.id == run.raw_data["check_suite_id"]
        assert gh.get(job.raw_data["check_run_url"]).json()["html_url"] == job.html_url
        (suite,) = commit.get_check_suites()
        assert (suite.id, suite.conclusion) == (run.raw_data["check_suite_id"], "success")
        assert suite.head_commit.message == "Initial commit"
        assert found.get_check_suite(suite.id).url == run.raw_data["check_suite_url"]
        assert [one.id for one in suite.get_check_runs()] == [check.id]
        assert list(commit.get_check_runs(status="queued")) == []
        assert list(commit.get_check_runs(check_name="other")) == []
        assert gh.post(run.rerun_url).status_code == 201
        assert [one.id for one in suite.get_check_runs()] == [run.jobs()[0].id] != [check.id]
        for missing in (found.get_check_run, found.get_check_suite):
            with pytest.raises(github.UnknownObjectException):
                missing(1)


def test_checks_are_read_by_who_may(scene: Scene, repository: str) -> None:
    with scene.gh(scene.sandbox.add_token({"actions": "read"})) as gh:
        for path in ("commits/main/check-suites", "check-runs/1", "check-suites/1", "check-suites/1/check-runs"):
            refused = gh.get(f"/repos/{repository}/{path}")
            assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (403, "checks=read")
