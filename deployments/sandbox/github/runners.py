"""Self-hosted runners, of which the GitHub sandbox has none: tokens to add and to remove one, and lists that are empty.

From GitHub's OpenAPI description (23.0.2: self-hosted runners) and a recorded answer (PyGithub's tests/ReplayData,
Organization.testSelfHostedRunnerGetRegistrationToken: the moment with milliseconds, in the time of California). A token
is for an hour, and nothing is registered with it here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.rules import Refusal

_LASTS = timedelta(hours=1)
_THERE = timezone(timedelta(hours=-8))


class Runners:
    """The routes of repositories and organizations."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """The tokens stand before the numbers."""
        return [
            route
            for place in ("/repos/{owner}/{name}", "/orgs/{owner}")
            for base in (f"{place}/actions/runners",)
            for route in (
                Route(base, self._list),
                Route(f"{base}/registration-token", self._mint, methods=["POST"]),
                Route(f"{base}/remove-token", self._mint, methods=["POST"]),
                Route(f"{base}/{{runner:int}}", self._none, methods=["GET", "DELETE"]),
            )
        ]

    def _demand(self, request: Request) -> None:
        if "name" not in request.path_params:
            self._face.administered(request, "organization_self_hosted_runners")
            return
        self._face.permitted(request, "administration", writes=request.method not in {"GET", "HEAD"})

    async def _list(self, request: Request) -> Response:
        self._demand(request)
        return self._face.answer(request, {"total_count": 0, "runners": []})

    async def _mint(self, request: Request) -> Response:
        self._demand(request)
        ends = (datetime.now(UTC) + _LASTS).astimezone(_THERE).isoformat(timespec="milliseconds")
        return self._face.answer(request, {"token": made_up.token("", 29), "expires_at": ends}, 201)

    async def _none(self, request: Request) -> Response:
        self._demand(request)
        raise Refusal(404, "Not Found")
