"""Checks of the one commit of a repository of the GitHub sandbox: the jobs of its runs, and a suite for each run.

From GitHub's OpenAPI description (23.0.2: checks, schemas "check-run" and "check-suite"). Actions is the only app that
checks anything here; of a run that was started again the last attempt counts.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import actions, jobs, looks
from deployments.sandbox.github.code import demand_commit
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.run_looks import head_commit, suite_of
from deployments.sandbox.github.store import Repository, Run, timestamp

_APP = {
    "id": 15368,
    "slug": "github-actions",
    "node_id": "A_15368",
    "name": "GitHub Actions",
    "description": "",
    "external_url": "https://help.github.com/en/actions",
    "html_url": "https://github.com/apps/github-actions",
}


class Checks:
    """The routes. They ask for "checks: read"."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Of a commit, of a suite, and one of each."""
        repository = "/repos/{owner}/{name}"
        commit, suite = f"{repository}/commits/{{wanted:path}}", f"{repository}/check-suites/{{suite:int}}"
        return [
            Route(f"{commit}/check-runs", self._of_commit),
            Route(f"{commit}/check-suites", self._suites),
            Route(f"{repository}/check-runs/{{check:int}}", self._get),
            Route(suite, self._suite),
            Route(f"{suite}/check-runs", self._of_suite),
        ]

    def _read(self, request: Request) -> Repository:
        return self._face.permitted(request, "checks", writes=False)

    def _run(self, request: Request) -> tuple[Repository, Run]:
        found = self._read(request)
        for run in found.runs:
            if suite_of(run) == request.path_params["suite"]:
                return found, run
        raise Refusal(404, "Not Found")

    async def _of_commit(self, request: Request) -> Response:
        found = self._read(request)
        demand_commit(request)
        return self._listed(request, [row for run in found.runs for row in _checks(request, found, run)])

    async def _of_suite(self, request: Request) -> Response:
        found, run = self._run(request)
        return self._listed(request, _checks(request, found, run))

    def _listed(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        query = request.query_params
        rows = [
            row
            for row in rows
            if query.get("check_name", row["name"]) == row["name"]
            and query.get("status", row["status"]) == row["status"]
        ]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "check_runs": chosen}, headers=headers)

    async def _get(self, request: Request) -> Response:
        found = self._read(request)
        for row in (row for run in found.runs for row in _checks(request, found, run)):
            if row["id"] == request.path_params["check"]:
                return self._face.answer(request, row)
        raise Refusal(404, "Not Found")

    async def _suites(self, request: Request) -> Response:
        found = self._read(request)
        demand_commit(request)
        rows = [_suite_shown(request, found, run) for run in found.runs]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "check_suites": chosen}, headers=headers)

    async def _suite(self, request: Request) -> Response:
        return self._face.answer(request, _suite_shown(request, *self._run(request)))


def _checks(request: Request, found: Repository, run: Run) -> list[dict[str, Any]]:
    return [_shown(row, run) for row in jobs.jobs_of(found, run, run.attempt, str(request.base_url))]


def _shown(job: dict[str, Any], run: Run) -> dict[str, Any]:
    """A check run, which has the number of its job."""
    same = ("id", "name", "head_sha", "html_url", "status", "conclusion", "started_at", "completed_at")
    nothing = {"title": None, "summary": None, "text": None, "annotations_count": 0}
    return {
        **{name: job[name] for name in same},
        "node_id": job["node_id"],
        "external_id": str(job["id"]),
        "url": job["check_run_url"],
        "details_url": job["html_url"],
        "output": {**nothing, "annotations_url": f"{job['check_run_url']}/annotations"},
        "check_suite": {"id": suite_of(run)},
        "app": _APP,
        "pull_requests": [],
    }


def _suite_shown(request: Request, found: Repository, run: Run) -> dict[str, Any]:
    url = f"{request.base_url}repos/{found.full_name}/check-suites/{suite_of(run)}"
    return {
        "id": suite_of(run),
        "node_id": f"CS_{suite_of(run)}",
        "head_branch": actions.BRANCH,
        "head_sha": actions.COMMIT,
        "status": run.status,
        "conclusion": run.conclusion,
        "url": url,
        "before": "0" * 40,
        "after": actions.COMMIT,
        "pull_requests": [],
        "app": _APP,
        "repository": looks.repository(found, str(request.base_url)),
        "created_at": timestamp(run.created_at),
        "updated_at": timestamp(run.created_at),
        "head_commit": head_commit(found),
        "latest_check_runs_count": len(run.jobs),
        "check_runs_url": f"{url}/check-runs",
        "rerequestable": True,
        "runs_rerequestable": False,
    }
