"""What stands before GitHub's API: who does not say what it is, is not let in, and browsers may ask from anywhere.

Documented (REST API, getting started, "User agent required"): 403 and text/html for a request without User-Agent,
whoever asks for what; the text is that of public reports. That an empty one is as none is inferred.
"""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.sandbox.github.headers import PREFLIGHT

_REFUSED = (
    "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header "
    "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "
    "Check https://developer.github.com for other possible causes.\r\n"
)


class NamedClients:
    """Lets those pass that send a User-Agent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        is_named = scope["type"] != "http" or dict(scope["headers"]).get(b"user-agent", b"").strip()
        answers: ASGIApp = self._app if is_named else HTMLResponse(_REFUSED, 403)
        if is_named and scope.get("method") == "OPTIONS":
            answers = Response(status_code=204, headers=PREFLIGHT)
        await answers(scope, receive, send)
