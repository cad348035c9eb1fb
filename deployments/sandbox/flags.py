"""A simulated service of one's own that holds switches, as a feature flag service does.

GET and PUT /flags/{name}, with a bearer token: {"enabled": true}
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.json_body import parsed


@dataclass
class FlagsSandbox:
    """Switches by name."""

    flags: dict[str, Any]
    token: str = field(default_factory=lambda: made_up.token("flags-"))

    def app(self) -> Starlette:
        """Its API."""
        return Starlette(routes=[Route("/flags/{name}", self._flag, methods=["GET", "PUT"])])

    async def _flag(self, request: Request) -> Response:
        presented = request.headers.get("authorization", "")
        if not secrets.compare_digest(presented.encode(), f"Bearer {self.token}".encode()):
            return JSONResponse({"error": "unauthorized"}, 401)
        name = request.path_params["name"]
        if name not in self.flags:
            return JSONResponse({"error": "no such flag"}, 404)
        if request.method == "PUT":
            try:
                body = parsed(await request.body())
            except ValueError:
                body = None
            if not isinstance(body, dict) or not isinstance(body.get("enabled"), bool):
                return JSONResponse({"error": "enabled has to be true or false"}, 422)
            self.flags[name] = body["enabled"]
        return JSONResponse({"enabled": self.flags[name]})
