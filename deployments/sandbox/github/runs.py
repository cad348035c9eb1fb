"""What else is done with runs and workflows: started again in part, ended by force, deleted, measured, their logs read.

From GitHub's OpenAPI description (23.0.2: workflows, workflow runs, workflow jobs, repository dispatches) and recorded
answers (PyGithub's tests/ReplayData, WorkflowRun). Inferred: that a run which goes on has no logs yet and cannot be
deleted. A log holds when the job was over and how, and nothing of what a workflow does: the sandbox runs none.
"""

from __future__ import annotations

import io
import secrets
import zipfile

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import actions, jobs
from deployments.sandbox.github.demands import at_most, demand, invalid, object_in
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository, Run, timestamp

_MOST_PROPERTIES = 10
_LONGEST_EVENT = 100


class Runs:
    """These routes; reading asks for "actions: read", the rest for "actions: write"."""

    def __init__(self, face: Face) -> None:
        self._face = face
        # Logs that were asked for, by an address of which nobody else knows; what is there is read without a token.
        self._logs: dict[str, tuple[bytes, str]] = {}

    def routes(self) -> list[Route]:
        """Below /repos/OWNER/NAME, and where logs are fetched."""
        repository = "/repos/{owner}/{name}"
        base = f"{repository}/actions"
        run = f"{base}/runs/{{run:int}}"
        return [
            Route(f"{run}/rerun-failed-jobs", self._rerun, methods=["POST"]),
            Route(f"{base}/jobs/{{job:int}}/rerun", self._rerun_job, methods=["POST"]),
            Route(f"{run}/force-cancel", self._cancel, methods=["POST"]),
            Route(run, self._delete, methods=["DELETE"]),
            Route(f"{run}/timing", self._timing),
            Route(f"{run}/logs", self._logs_of_run),
            Route(f"{run}/attempts/{{attempt:int}}/logs", self._logs_of_run),
            Route(f"{base}/jobs/{{job:int}}/logs", self._logs_of_job),
            Route(f"{base}/artifacts", self._artifacts),
            Route(f"{base}/workflows/{{file}}/enable", self._switch, methods=["PUT"]),
            Route(f"{base}/workflows/{{file}}/disable", self._switch, methods=["PUT"]),
            Route(f"{repository}/dispatches", self._event, methods=["POST"]),
            Route("/_logs/{number}", self._fetch),
        ]

    async def _rerun(self, request: Request) -> Response:
        actions.run_again(self._write(request), request.path_params["run"])
        return self._face.answer(request, {}, 201)

    async def _rerun_job(self, request: Request) -> Response:
        found = self._write(request)
        job = jobs.job_of(found, request.path_params["job"], str(request.base_url))
        actions.run_again(found, int(job["run_id"]))
        return self._face.answer(request, {}, 201)

    async def _cancel(self, request: Request) -> Response:
        actions.cancel(self._write(request), request.path_params["run"])
        return self._face.answer(request, {}, 202)

    async def _delete(self, request: Request) -> Response:
        found = self._write(request)
        run = actions.run_of(found, request.path_params["run"])
        if run.status != actions.OVER:
            raise Refusal(403, "Could not delete the workflow run")
        found.runs.remove(run)
        return self._face.answer(request, None, 204)

    async def _timing(self, request: Request) -> Response:
        """No runner of the sandbox takes time."""
        found, base = self._read(request), str(request.base_url)
        run = actions.run_of(found, request.path_params["run"])
        rows = [{"job_id": one["id"], "duration_ms": 0} for one in jobs.jobs_of(found, run, run.attempt, base)]
        billable = {"UBUNTU": {"total_ms": 0, "jobs": len(rows), "job_runs": rows}} if rows else {}
        return self._face.answer(request, {"billable": billable, "run_duration_ms": 0})

    async def _artifacts(self, request: Request) -> Response:
        self._read(request)
        return self._face.answer(request, {"total_count": 0, "artifacts": []})

    async def _logs_of_run(self, request: Request) -> Response:
        found, base = self._read(request), str(request.base_url)
        run = self._over(actions.run_of(found, request.path_params["run"]))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for number, job in enumerate(
                jobs.jobs_of(found, run, request.path_params.get("attempt", run.attempt), base)
            ):
                archive.writestr(f"{number}_{job['name']}.txt", _log(run, str(job["name"])))
        return self._leads_to(request, packed.getvalue(), "application/zip")

    async def _logs_of_job(self, request: Request) -> Response:
        found = self._read(request)
        job = jobs.job_of(found, request.path_params["job"], str(request.base_url))
        run = self._over(actions.run_of(found, int(job["run_id"])))
        return self._leads_to(request, _log(run, str(job["name"])).encode(), "text/plain; charset=utf-8")

    def _over(self, run: Run) -> Run:
        if run.status != actions.OVER:
            raise Refusal(404, "Not Found")
        return run

    def _leads_to(self, request: Request, content: bytes, kind: str) -> Response:
        """302 to where it is; GitHub's address holds for a minute, and this one until it was read."""
        number = secrets.token_urlsafe()
        self._logs[number] = (content, kind)
        return self._face.answer(request, None, 302, headers={"Location": f"{request.base_url}_logs/{number}"})

    async def _fetch(self, request: Request) -> Response:
        found = self._logs.pop(request.path_params["number"], None)
        return Response(status_code=404) if found is None else Response(found[0], media_type=found[1])

    async def _switch(self, request: Request) -> Response:
        found = self._write(request)
        file = actions.file_of(found, request.path_params["file"])
        (found.disabled.add if request.url.path.endswith("/disable") else found.disabled.discard)(file)
        return self._face.answer(request, None, 204)

    async def _event(self, request: Request) -> Response:
        """repository_dispatch: taken, and no workflow of the sandbox waits for it."""
        self._face.permitted(request, "contents", writes=True)
        asked = await object_in(request)
        demand(asked, {"event_type": ("string",), "client_payload": ("object",)}, required=("event_type",))
        if not asked["event_type"]:
            raise invalid(["At least 1 character is required; only 0 were supplied."])
        at_most(_LONGEST_EVENT, len(asked["event_type"]), "character", "characters")
        at_most(_MOST_PROPERTIES, len(asked.get("client_payload", {})), "property", "properties")
        return self._face.answer(request, None, 204)

    def _read(self, request: Request) -> Repository:
        return self._face.permitted(request, "actions", writes=False)

    def _write(self, request: Request) -> Repository:
        return self._face.permitted(request, "actions", writes=True)


def _log(run: Run, job: str) -> str:
    return f"{timestamp(run.created_at)} Job {job} is over: {run.conclusion}\n"
