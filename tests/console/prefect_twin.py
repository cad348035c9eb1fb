"""Prefect's API on a socket, as far as the console asks it (3.8.8): runs that show a form and take one answer to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox.server import SandboxServer

LOGIN = "somebody:made up"
PAUSED, RUNNING, CRASHED = "PAUSED", "RUNNING", "CRASHED"
STARTED_RUN = "11111111-0000-4000-8000-000000000000"


@dataclass
class PrefectTwin:
    """The server. ``answers`` are the run and the input of each form that it took."""

    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list, repr=False)
    # Set while questions about one run are answered at once; and set once one was asked that was not.
    quick: threading.Event = field(default_factory=threading.Event)
    kept_waiting: threading.Event = field(default_factory=threading.Event)
    _states: dict[str, str] = field(default_factory=dict)
    _forms: dict[str, tuple[str, str, Mapping[str, Any]]] = field(default_factory=dict)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Quick at first."""
        self.quick.set()

    def show(self, run: str, form: str, description: str, schema: Mapping[str, Any]) -> None:
        """This run pauses, and shows the form of this key."""
        self._forms[run] = (form, description, schema)
        self._states[run] = PAUSED

    def die(self, run: str) -> None:
        """This run is no more."""
        self._states[run] = CRASHED

    def server(self) -> SandboxServer:
        """To be started and stopped by whoever asks for it."""
        routes = [
            Route("/flow_runs/filter", self._filtered, methods=["POST"]),
            Route("/flow_runs/{run}", self._run),
            Route("/flow_runs/{run}/input/{key}", self._input),
            Route("/flow_runs/{run}/resume", self._resume, methods=["POST"]),
            Route("/csrf-token", self._no_token),
            Route("/admin/version", self._version),
            Route("/deployments/name/{flow}/{name}", self._deployment),
            Route("/deployments/{deployment}/create_flow_run", self._started, methods=["POST"]),
        ]
        return SandboxServer({"prefect": Starlette(routes=routes)})

    def _body(self, run: str) -> dict[str, Any]:
        form = self._forms.get(run, ("", "", {}))[0]
        keyset = {part: f"{form}-{part}" for part in ("response", "schema", "description")} if form else {}
        state = {"type": self._states[run], "state_details": {"run_input_keyset": keyset}}
        return {"id": run, "state_type": state["type"], "state": state}

    async def _run(self, request: Request) -> Response:
        run = request.path_params["run"]
        if not self.quick.is_set():
            self.kept_waiting.set()
            await to_thread.run_sync(self.quick.wait)
        return JSONResponse(self._body(run)) if run in self._states else _missing()

    async def _filtered(self, _: Request) -> Response:
        return JSONResponse([self._body(run) for run in self._states])

    async def _input(self, request: Request) -> Response:
        form, description, schema = self._forms.get(request.path_params["run"], ("", "", {}))
        parts = {f"{form}-schema": schema, f"{form}-description": description}
        found = parts.get(request.path_params["key"])
        return _missing() if not form or found is None else JSONResponse(found)

    async def _resume(self, request: Request) -> Response:
        run, body = request.path_params["run"], await request.json()
        with self._one_at_a_time:
            if self._states.get(run) != PAUSED:
                details = {"reason": "Cannot resume a flow run that is not paused."}
                return JSONResponse({"state": None, "status": "ABORT", "details": details})
            self._states[run] = RUNNING
            self.answers.append((run, body["run_input"]))
        return JSONResponse({"status": "ACCEPT", "details": {}})

    async def _no_token(self, _: Request) -> Response:
        return JSONResponse({"detail": "CSRF protection is disabled."}, HTTPStatus.UNPROCESSABLE_ENTITY)

    async def _version(self, _: Request) -> Response:
        return JSONResponse("3.8.8")

    async def _deployment(self, request: Request) -> Response:
        return JSONResponse({"id": "d-1", "name": request.path_params["name"]})

    async def _started(self, request: Request) -> Response:
        json.loads(await request.body())
        return JSONResponse({"id": STARTED_RUN}, HTTPStatus.CREATED)


def _missing() -> Response:
    return JSONResponse({"detail": "Not found"}, HTTPStatus.NOT_FOUND)
