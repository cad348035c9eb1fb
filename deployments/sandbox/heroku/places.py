"""Where apps of the simulated Heroku run and under which address: regions, stacks, and the domain that each app has.

From the official schema (heroku/platform-api 4f4f592: region, stack, domain), as `heroku regions`, `apps:stacks` and
`domains` ask for them. Heroku has more regions and stacks than these; a domain of one's own cannot be added.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
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
    """Their routes. The apps are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        return [
            ("/regions", self._regions, "GET"),
            ("/regions/{wanted}", self._region, "GET"),
            ("/stacks", self._stacks, "GET"),
            ("/stacks/{wanted}", self._stack, "GET"),
            ("/apps/{app}/domains", self._domains, "GET"),
            ("/apps/{app}/domains/{wanted}", self._domain, "GET"),
        ]

    async def _regions(self, request: Request) -> Response:
        return wire.answer(request, [_region(*one) for one in _REGIONS])

    async def _region(self, request: Request) -> Response:
        return wire.answer(request, _one_of([_region(*one) for one in _REGIONS], request, "region"))

    async def _stacks(self, request: Request) -> Response:
        return wire.answer(request, [_stack(*one) for one in _STACKS])

    async def _stack(self, request: Request) -> Response:
        return wire.answer(request, _one_of([_stack(*one) for one in _STACKS], request, "stack"))

    async def _domains(self, request: Request) -> Response:
        return wire.answer(request, [_domain(wire.app_of(self._apps, request))])

    async def _domain(self, request: Request) -> Response:
        row = _domain(wire.app_of(self._apps, request))
        return wire.answer(request, _one_of([{**row, "name": row["hostname"]}], request, "domain", unnamed=True))


def _one_of(rows: list[_Row], request: Request, what: str, *, unnamed: bool = False) -> _Row:
    """The row of this name or id. Raises HerokuError."""
    for row in rows:
        if request.path_params["wanted"] in {row["name"], row["id"]}:
            return {field: value for field, value in row.items() if field != "name" or not unnamed}
    raise HerokuError(404, "not_found", f"Couldn't find that {what}.", resource=what)


def _moments() -> _Row:
    return {"created_at": _MOMENT, "updated_at": _MOMENT}


def _region(name: str, country: str, place: str, at: str) -> _Row:
    provider = {"name": "amazon-web-services", "region": at}
    known = {"id": wire.named_id(name), "name": name, "country": country, "locale": place, "description": country}
    return {**known, "private_capable": False, "provider": provider, **_moments()}


def _stack(name: str, default: bool) -> _Row:
    return {"id": wire.named_id(name), "name": name, "default": default, "state": "public", **_moments()}


def _domain(app: SandboxApp) -> _Row:
    """Heroku's own for the app. It needs no other name and no certificate of its own."""
    made = wire.when(app.created_at)
    hostname = f"{app.name}.example.com"
    return {
        "id": wire.named_id(f"{app.id} {hostname}"),
        "hostname": hostname,
        "kind": "heroku",
        "status": "none",
        "app": {"id": app.id, "name": app.name},
        **dict.fromkeys(("cname", "acm_status", "acm_status_reason", "sni_endpoint")),
        "created_at": made,
        "updated_at": made,
    }
