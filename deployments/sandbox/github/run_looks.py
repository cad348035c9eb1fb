"""How workflows and their runs look.

From recorded answers (PyGithub's tests/ReplayData, WorkflowRun) and GitHub's OpenAPI description (23.0.2).
"""

from __future__ import annotations

from typing import Any

from deployments.sandbox.github import looks
from deployments.sandbox.github.actions import BRANCH, COMMIT, TREE, number_of, workflows
from deployments.sandbox.github.store import Repository, Run, timestamp


def workflow_shown(repository: Repository, file: str, base_url: str) -> dict[str, Any]:
    """A workflow as GitHub shows it."""
    number, created = number_of(file), timestamp(repository.created_at)
    page = f"https://github.com/{repository.full_name}"
    return {
        "id": number,
        "node_id": f"W_{number}",
        "name": workflows(repository)[file],
        "path": f".github/workflows/{file}",
        "state": "disabled_manually" if file in repository.disabled else "active",
        "created_at": created,
        "updated_at": created,
        "url": f"{base_url}repos/{repository.full_name}/actions/workflows/{number}",
        "html_url": f"{page}/blob/{BRANCH}/.github/workflows/{file}",
        "badge_url": f"{page}/workflows/{file}/badge.svg",
    }


def run_shown(repository: Repository, one: Run, base_url: str) -> dict[str, Any]:
    """A run as GitHub shows it."""
    url = f"{base_url}repos/{repository.full_name}/actions/runs/{one.id}"
    by, suite = looks.account(looks.PERSON, base_url), suite_of(one)
    before = f"{url}/attempts/{one.attempt - 1}" if one.attempt > 1 else None
    whole = looks.repository(repository, base_url)
    moments = dict.fromkeys(("created_at", "updated_at", "run_started_at"), timestamp(one.created_at))
    return {
        "id": one.id,
        "node_id": f"WFR_{one.id}",
        "name": workflows(repository)[one.workflow],
        "display_title": one.title,
        "event": "workflow_dispatch",
        "status": one.status,
        "conclusion": one.conclusion,
        "workflow_id": number_of(one.workflow),
        "path": f".github/workflows/{one.workflow}",
        "run_number": one.number,
        "run_attempt": one.attempt,
        "head_branch": BRANCH,
        "head_sha": COMMIT,
        "head_commit": head_commit(repository),
        "repository": whole,
        "head_repository": whole,
        "check_suite_id": suite,
        "check_suite_node_id": f"CS_{suite}",
        "check_suite_url": f"{base_url}repos/{repository.full_name}/check-suites/{suite}",
        "artifacts_url": f"{url}/artifacts",
        "previous_attempt_url": before,
        "referenced_workflows": [],
        "actor": by,
        "triggering_actor": by,
        **moments,
        "url": url,
        "html_url": f"https://github.com/{repository.full_name}/actions/runs/{one.id}",
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "workflow_url": f"{base_url}repos/{repository.full_name}/actions/workflows/{number_of(one.workflow)}",
        "pull_requests": [],
    }


def suite_of(run: Run) -> int:
    """The number of the suite of checks that a run is."""
    return number_of(f"suite of {run.id}")


def head_commit(of: Repository) -> dict[str, Any]:
    """The commit of a run."""
    by = {"name": "Sandbox", "email": "sandbox@example.com"}
    said = {"message": "Initial commit", "timestamp": timestamp(of.created_at)}
    return {"id": COMMIT, "tree_id": TREE, **said, "author": by, "committer": by}
