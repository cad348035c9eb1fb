"""Where apps of the simulated Heroku run: regions and stacks.

From the official schema (heroku/platform-api 4f4f592: region, stack), as `heroku regions` and `apps:stacks` ask for
them. Heroku has more of both than these.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.wire import HerokuError

_Act = Callable[[Request], Awaitable[Response]]
_Row = dict[str, Any]
_MOMENT = "2026-01-01T12:00:00Z"
# Name, country, place, and the region of Amazon's that it is.
_REGIONS = (
    ("eu", "Ireland", "Europe", "eu-west-1"),
    ("us", "United States", "Virginia", "us-east-1"),
)
_STACKS = (("heroku-22", False), ("heroku-24", True), ("container", False))


class Places:
    """Their routes."""

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        return [
            ("/regions", self._regions, "GET"),
            ("/regions/{wanted}", self._region, "GET"),
            ("/stacks", self._stacks, "GET"),
            ("/stacks/{wanted}", self._stack, "GET"),
        ]

    async def _regions(self, request: Request) -> Response:
        return wire.answer(request, [_region(*one) for one in _REGIONS])

    async def _region(self, request: Request) -> Response:
        return wire.answer(request, _one_of([_region(*one) for one in _REGIONS], request, "region"))

    async def _stacks(self, request: Request) -> Response:
        return wire.answer(request, [_stack(*one) for one in _STACKS])

    async def _stack(self, request: Request) -> Response:
        return wire.answer(request, _one_of([_stack(*one) for one in _STACKS], request, "stack"))


def _one_of(rows: list[_Row], request: Request, what: str) -> _Row:
    """The row of this name or id. Raises HerokuError."""
    for row in rows:
        if request.path_params["wanted"] in {row["name"], row["id"]}:
            return row
    raise HerokuError(404, "not_found", f"Couldn't find that {what}.", resource=what)


def _moments() -> _Row:
    return {"created_at": _MOMENT, "updated_at": _MOMENT}


def _region(name: str, country: str, place: str, at: str) -> _Row:
    provider = {"name": "amazon-web-services", "region": at}
    known = {"id": wire.named_id(name), "name": name, "country": country, "locale": place, "description": country}
    return {**known, "private_capable": False, "provider": provider, **_moments()}


def _stack(name: str, default: bool) -> _Row:
    return {"id": wire.named_id(name), "name": name, "default": default, "state": "public", **_moments()}
