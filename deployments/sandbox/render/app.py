"""A simulated Render: services with variables of their own, environment groups, and deploys that take time.

After Render's API reference and published schemas, as others repeat them, read 2026-11-28. What is not sure of them is
a knob.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.json_body import parsed

_MESSAGES = {
    "unauthorized": (401, "Authorization information is missing or invalid."),
    "forbidden": (403, "You do not have permissions for the requested resource."),
    "not_found": (404, "Unable to find the requested resource."),
    "bad_request": (400, "The request could not be understood by the server."),
}


@dataclass
class Knobs:
    """How it behaves. Times are in seconds."""

    deploy_s: float = 0.05
    # How the next deploys end; "live" when they are well.
    ends: str = "live"
    # Whether a deploy is answered with 202 and nothing, and listed a moment later.
    queues: bool = False
    # Whether setting a variable begins a deploy by itself.
    deploys_on_write: bool = False
    # Whether the owner of the key may only look.
    reads_only: bool = False


@dataclass
class Deploy:
    """One deploy, with the variables that it was begun with."""

    id: str
    variables: dict[str, str]
    ends_at: float
    ends: str
    status: str = "build_in_progress"


@dataclass
class Service:
    """One service. ``deploys``: the newest first."""

    id: str
    name: str
    variables: dict[str, str]
    suspended: bool = False
    deploys: list[Deploy] = field(default_factory=list)


class RenderError(Exception):
    """An error in Render's words."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass
class RenderSandbox:
    """One workspace, and an API key of a member."""

    token: str = field(default_factory=lambda: made_up.token("rnd_"))
    knobs: Knobs = field(default_factory=Knobs)
    services: dict[str, Service] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)

    def add_service(self, name: str, variables: dict[str, str]) -> Service:
        """A service that runs with these variables."""
        made = Service(f"srv-{secrets.token_hex(10)}", name, dict(variables))
        made.deploys = [Deploy(f"dep-{secrets.token_hex(10)}", dict(variables), 0.0, "live", "live")]
        self.services[made.id] = made
        return made

    def serving(self, service: str) -> dict[str, str] | None:
        """The variables of the instance that runs; None without one."""
        found = self.services[service]
        self._go_on(found)
        live = next((one for one in found.deploys if one.status == "live"), None)
        return dict(live.variables) if live is not None and not found.suspended else None

    def app(self) -> Starlette:
        """Its API."""
        service = "/v1/services/{service}"
        return Starlette(
            routes=[
                Route("/v1/services", self._answered(self._services)),
                Route(service, self._answered(self._service)),
                Route(f"{service}/env-vars", self._answered(self._variables)),
                Route(f"{service}/env-vars/{{key}}", self._answered(self._variable), methods=["GET", "PUT", "DELETE"]),
                Route(f"{service}/deploys", self._answered(self._deploys), methods=["GET", "POST"]),
                Route("/v1/env-groups", self._answered(self._groups)),
                Route("/v1/env-groups/{group}", self._answered(self._group)),
            ]
        )

    def _answered(self, do: Callable[[Request, Any], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                self._admit(request)
                return do(request, _body(await request.body()))
            except RenderError as error:
                status, message = _MESSAGES[error.word]
                return JSONResponse({"id": error.word, "message": message}, status)

        return answer

    def _admit(self, request: Request) -> None:
        presented = request.headers.get("authorization", "")
        if not secrets.compare_digest(presented.encode(), f"Bearer {self.token}".encode()):
            raise RenderError("unauthorized")
        if self.knobs.reads_only and request.method != "GET":
            raise RenderError("forbidden")

    def _found(self, request: Request) -> Service:
        found = self.services.get(request.path_params["service"])
        if found is None:
            raise RenderError("not_found")
        self._go_on(found)
        return found

    def _services(self, request: Request, _: Any) -> Response:
        return _page(request, [{"service": _shown(one)} for one in self.services.values()])

    def _service(self, request: Request, _: Any) -> Response:
        return JSONResponse(_shown(self._found(request)))

    def _variables(self, request: Request, _: Any) -> Response:
        found = self._found(request).variables
        return _page(request, [{"envVar": {"key": key, "value": value}} for key, value in found.items()])

    def _variable(self, request: Request, body: Any) -> Response:
        found, key = self._found(request), request.path_params["key"]
        if request.method == "PUT":
            if not isinstance(body, dict) or not isinstance(body.get("value"), str):
                raise RenderError("bad_request")
            found.variables[key] = body["value"]
            if self.knobs.deploys_on_write:
                self._begin(found)
        elif key not in found.variables:
            raise RenderError("not_found")
        elif request.method == "DELETE":
            del found.variables[key]
            return Response(status_code=204)
        return JSONResponse({"key": key, "value": found.variables[key]})

    def _deploys(self, request: Request, _: Any) -> Response:
        found = self._found(request)
        if request.method == "GET":
            return _page(request, [{"deploy": {"id": one.id, "status": one.status}} for one in found.deploys])
        begun = self._begin(found)
        if self.knobs.queues:
            return Response(status_code=202)
        return JSONResponse({"id": begun.id, "status": begun.status, "trigger": "api"}, 201)

    def _begin(self, found: Service) -> Deploy:
        ends_at = time.monotonic() + self.knobs.deploy_s
        begun = Deploy(f"dep-{secrets.token_hex(10)}", dict(found.variables), ends_at, self.knobs.ends)
        found.deploys.insert(0, begun)
        return begun

    def _go_on(self, found: Service) -> None:
        """Deploys end in their order; one that is live takes the place of the one before."""
        for one in reversed(found.deploys):
            if one.status == "build_in_progress" and time.monotonic() >= one.ends_at:
                one.status = one.ends
                for other in found.deploys if one.ends == "live" else ():
                    if other is not one and other.status == "live":
                        other.status = "deactivated"

    def _groups(self, request: Request, _: Any) -> Response:
        return _page(request, [{"envGroup": {"id": f"evg-{name}", "name": name}} for name in self.groups])

    def _group(self, request: Request, _: Any) -> Response:
        name = request.path_params["group"].removeprefix("evg-")
        if name not in self.groups:
            raise RenderError("not_found")
        listed = [{"key": key, "value": value} for key, value in self.groups[name].items()]
        return JSONResponse({"id": f"evg-{name}", "name": name, "serviceLinks": [], "envVars": listed})


def _shown(one: Service) -> dict[str, Any]:
    suspended = "suspended" if one.suspended else "not_suspended"
    return {"id": one.id, "name": one.name, "type": "web_service", "suspended": suspended}


def _page(request: Request, rows: list[dict[str, Any]]) -> Response:
    """A part of the list, each row with the cursor behind it."""
    limit, cursor = request.query_params.get("limit", "20"), request.query_params.get("cursor", "0")
    if not (limit.isdecimal() and 1 <= int(limit) <= 100 and cursor.isdecimal()):
        raise RenderError("bad_request")
    first = int(cursor)
    part = rows[first : first + int(limit)]
    return JSONResponse([{**row, "cursor": str(first + number)} for number, row in enumerate(part, start=1)])


def _body(content: bytes) -> Any:
    try:
        return parsed(content) if content else None
    except ValueError:
        raise RenderError("bad_request") from None
