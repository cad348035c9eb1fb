"""A simulated HashiCorp Vault, as far as rekey and ``hvac`` ask it.

After the API reference of KV v2 and AppRole, and OpenBao's source (builtin/logical/kv), read 2026-11-28. A policy is
the set of capabilities that every token has on every path of the engine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox.hashicorp.answers import VaultError, object_of
from deployments.sandbox.hashicorp.engine import Engine, Handler
from deployments.sandbox.hashicorp.state import State, no_route
from deployments.sandbox.hashicorp.system import System

_SAYS = {404: "unsupported path", 405: "unsupported operation"}
_COMMANDS = {"POST": "put", "PUT": "put", "PATCH": "patch", "LIST": "list", "DELETE": "delete"}


@dataclass
class HashicorpVault(State):
    """All of it, with its API."""

    def app(self) -> Starlette:
        """Its API."""
        system = System(self)
        routes = [
            *(Route(path, self._answered(do), methods=list(methods)) for path, do, methods in system.open_routes()),
            *(
                Route(path, self._answered(do, is_open=False), methods=list(methods))
                for path, do, methods in (*system.routes(), *Engine(self).routes())
            ),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._not_routed})
        # Vault redirects from no slash at the end of a path.
        app.router.redirect_slashes = False
        return app

    def _answered(self, do: Handler, *, is_open: bool = True) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                if not is_open:
                    self.demand_open()
                return do(request, object_of(await request.body()))
            except VaultError as error:
                return JSONResponse({"errors": error.errors}, error.status)

        return answer

    async def _not_routed(self, request: Request, caught: Exception) -> Response:
        """A path, or a method of one, that nothing answers; who may not ask is told that first."""
        status = caught.status_code if isinstance(caught, HTTPException) else 500
        try:
            self.demand_open()
            self.demand(request)
            self._demand_mounted(request)
        except VaultError as error:
            return JSONResponse({"errors": error.errors}, error.status)
        if status == 404 and request.url.path.startswith(f"/v1/{self.mount}/"):
            # An answer and no error, as the engine's pathInvalid gives it.
            command = _COMMANDS.get(request.method, "get")
            told = "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints"
            told = f"{told} to use. If using the Vault CLI, use 'vault kv {command}' for this operation."
            return JSONResponse({"data": None, "warnings": [told]}, status)
        return JSONResponse({"errors": [f"1 error occurred:\n\t* {_SAYS.get(status, '')}\n\n"]}, status)

    def _demand_mounted(self, request: Request) -> None:
        path = request.url.path
        if not any(f"{path}/".startswith(f"/v1/{one}/") for one in (self.mount, "sys", "auth/token", "auth/approle")):
            raise no_route(request)
