"""Who may read. On this machine alone whoever reaches the console; served to others, whoever is logged in."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.console.door import READING

LOGIN = "/login"
# What is no secret: its own files, how often something changed, and the page of a link, empty without its token.
OPEN = ("/static/", "/live", "/enrol")


class Reading:
    """Leads whoever is not logged in to the login, and back from there. Acts say for themselves what is missing."""

    def __init__(self, app: ASGIApp, name_of: Callable[[Request], str]) -> None:
        self._app = app
        self._name_of = name_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks for it."""
        answer = self._app
        if scope["type"] == "http" and scope["method"] in READING and not self._may(Request(scope)):
            answer = RedirectResponse(f"{LOGIN}?to={quote(scope['path'])}", HTTPStatus.SEE_OTHER)
        await answer(scope, receive, send)

    def _may(self, request: Request) -> bool:
        path = request.url.path
        return path == LOGIN or path.startswith(OPEN) or bool(self._name_of(request))
