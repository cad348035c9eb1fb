"""The routes of workflows, their runs and jobs, as `gh workflow`, `gh run` and PyGithub ask for them.

From GitHub's REST API reference (workflows, workflow runs, workflow jobs), 2026-11-27. A list of runs takes status (of
which a conclusion is one too), branch, event, actor, created and head_sha; what else it may be asked by is ignored.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import actions, jobs, run_looks
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository, Run


class Workflows:
    """Everything below /repos/OWNER/NAME/actions that is about runs."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Reading asks for "actions: read", everything else for "actions: write"."""
        base = "/repos/{owner}/{name}/actions"
        return [
            Route(f"{base}/workflows", self._workflows),
            Route(f"{base}/workflows/{{file}}", self._workflow),
            Route(f"{base}/workflows/{{file}}/dispatches", self._dispatch, methods=["POST"]),
            Route(f"{base}/workflows/{{file}}/runs", self._runs),
            Route(f"{base}/runs", self._runs),
            Route(f"{base}/runs/{{run:int}}", self._run),
            Route(f"{base}/runs/{{run:int}}/attempts/{{attempt:int}}", self._run),
            Route(f"{base}/runs/{{run:int}}/artifacts", self._artifacts),
            Route(f"{base}/runs/{{run:int}}/jobs", self._jobs),
            Route(f"{base}/runs/{{run:int}}/attempts/{{attempt:int}}/jobs", self._jobs),
            Route(f"{base}/jobs/{{job:int}}", self._job),
            Route(f"{base}/runs/{{run:int}}/cancel", self._cancel, methods=["POST"]),
            Route(f"{base}/runs/{{run:int}}/rerun", self._rerun, methods=["POST"]),
            Route("/repos/{owner}/{name}/check-runs/{number:int}/annotations", self._annotations),
        ]

    async def _workflows(self, request: Request) -> Response:
        found, base = self._read(request), str(request.base_url)
        rows = [run_looks.workflow_shown(found, file, base) for file in actions.workflows(found)]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "workflows": chosen}, headers=headers)

    async def _workflow(self, request: Request) -> Response:
        found = self._read(request)
        file = actions.file_of(found, request.path_params["file"])
        return self._face.answer(request, run_looks.workflow_shown(found, file, str(request.base_url)))

    async def _dispatch(self, request: Request) -> Response:
        found = self._write(request)
        file = actions.file_of(found, request.path_params["file"])
        no_runner = self._face.knobs.no_runner
        run, wants_details = actions.dispatched(found, file, await request.body(), no_runner=no_runner)
        if not wants_details:
            return self._face.answer(request, None, 204)
        shown = run_looks.run_shown(found, run, str(request.base_url))
        details = {"workflow_run_id": run.id, "run_url": shown["url"], "html_url": shown["html_url"]}
        return self._face.answer(request, details)

    async def _runs(self, request: Request) -> Response:
        found = self._read(request)
        wanted = request.path_params.get("file")
        file = None if wanted is None else actions.file_of(found, wanted)
        chosen = [one for one in found.runs if file in {None, one.workflow}]
        rows = [run_looks.run_shown(found, one, str(request.base_url)) for one in chosen if _asked_for(request, one)]
        page, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "workflow_runs": page}, headers=headers)

    async def _run(self, request: Request) -> Response:
        found = self._read(request)
        run = actions.run_of(found, request.path_params["run"])
        attempt = request.path_params.get("attempt", run.attempt)
        if not 1 <= attempt <= run.attempt:
            raise Refusal(404, "Not Found")
        return self._face.answer(
            request, run_looks.run_shown(found, replace(run, attempt=attempt), str(request.base_url))
        )

    async def _jobs(self, request: Request) -> Response:
        """Of the attempt that the path names, of the last one, or of all."""
        found, base = self._read(request), str(request.base_url)
        run = actions.run_of(found, request.path_params["run"])
        named = request.path_params.get("attempt")
        every = named is None and request.query_params.get("filter") == "all"
        attempts = range(run.attempt, 0, -1) if every else (named or run.attempt,)
        rows = [row for attempt in attempts for row in jobs.jobs_of(found, run, attempt, base)]
        page, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "jobs": page}, headers=headers)

    async def _job(self, request: Request) -> Response:
        found = self._read(request)
        return self._face.answer(request, jobs.job_of(found, request.path_params["job"], str(request.base_url)))

    async def _artifacts(self, request: Request) -> Response:
        """A run of the sandbox leaves nothing behind."""
        actions.run_of(self._read(request), request.path_params["run"])
        return self._face.answer(request, {"total_count": 0, "artifacts": []})

    async def _annotations(self, request: Request) -> Response:
        """Nor does a job of it remark upon anything."""
        self._read(request)
        return self._face.answer(request, [])

    async def _cancel(self, request: Request) -> Response:
        actions.cancel(self._write(request), request.path_params["run"])
        return self._face.answer(request, {}, 202)

    async def _rerun(self, request: Request) -> Response:
        actions.run_again(self._write(request), request.path_params["run"])
        return self._face.answer(request, {}, 201)

    def _read(self, request: Request) -> Repository:
        return self._face.permitted(request, "actions", writes=False)

    def _write(self, request: Request) -> Repository:
        return self._face.permitted(request, "actions", writes=True)


def _asked_for(request: Request, run: Run) -> bool:
    query = request.query_params
    return (
        query.get("status", run.status) in {run.status, run.conclusion}
        and query.get("branch", "main") == "main"
        and query.get("event", "workflow_dispatch") == "workflow_dispatch"
        and query.get("actor", "sandbox") == "sandbox"
        and query.get("head_sha", actions.COMMIT) == actions.COMMIT
        and ("created" not in query or jobs.is_created(run.created_at, query["created"]))
    )
