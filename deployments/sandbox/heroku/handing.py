"""Apps of the simulated Heroku that are handed over to another person, and what they are built with.

From the official schema (heroku/platform-api 4f4f592: app-transfer, buildpack-installation), as `heroku apps:transfer`,
`heroku buildpacks` and heroku3 ask for them. Whoever accepts an app owns it; who may do what with it does not hang on
that here. A buildpack that is no address is one of Heroku's (what its answers call such a one is inferred).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier

_Act = Callable[[Request], Awaitable[Response]]
_Row = dict[str, Any]
_DECIDED = ("accepted", "declined")


class Handing:
    """Their routes. The apps are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps
        self._transfers: list[_Row] = []
        # By the app's id.
        self._buildpacks: dict[str, list[str]] = {}

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        every, one, packs = "/account/app-transfers", "/account/app-transfers/{transfer}", "buildpack-installations"
        return [
            (every, self._list, "GET"),
            (every, self._create, "POST"),
            (one, self._get, "GET"),
            (one, self._decide, "PATCH"),
            (one, self._delete, "DELETE"),
            (f"/apps/{{app}}/{packs}", self._list_packs, "GET"),
            (f"/apps/{{app}}/{packs}", self._set_packs, "PUT"),
        ]

    def _app(self, wanted: Any) -> SandboxApp:
        for app in self._apps.values():
            if wanted in {app.id, app.name}:
                return app
        raise HerokuError(404, "not_found", "Couldn't find that app.", resource="app")

    def _seen(self, request: Request) -> list[_Row]:
        """Those that somebody began or may decide."""
        email = request.state.email
        return [one for one in self._transfers if email in {one["owner"]["email"], one["recipient"]["email"]}]

    def _named(self, request: Request) -> _Row:
        for one in self._seen(request):
            if one["id"] == request.path_params["transfer"]:
                return one
        raise HerokuError(404, "not_found", "Couldn't find that app transfer.", resource="app_transfer")

    async def _list(self, request: Request) -> Response:
        return wire.answer(request, self._seen(request))

    async def _create(self, request: Request) -> Response:
        asked = wire.json_of(await request.body())
        recipient, wanted = asked.get("recipient"), asked.get("app")
        app = self._app(wanted if isinstance(wanted, str) else None)
        if not isinstance(recipient, str) or "@" not in recipient:
            raise HerokuError(422, "invalid_params", "recipient is an address or an id of an account.")
        now = wire.when(datetime.now(UTC))
        made = {
            "id": identifier(),
            "app": {"id": app.id, "name": app.name},
            "owner": {"id": wire.named_id(request.state.email), "email": request.state.email},
            "recipient": {"id": wire.named_id(recipient), "email": recipient},
            "state": "pending",
            "created_at": now,
            "updated_at": now,
        }
        self._transfers.append(made)
        return wire.answer(request, made, 201)

    async def _get(self, request: Request) -> Response:
        return wire.answer(request, self._named(request))

    async def _decide(self, request: Request) -> Response:
        found, state = self._named(request), wire.json_of(await request.body()).get("state")
        if state not in _DECIDED or found["state"] != "pending":
            raise HerokuError(422, "invalid_params", f"A pending transfer is {' or '.join(_DECIDED)}.")
        if request.state.email != found["recipient"]["email"]:
            raise HerokuError(403, "forbidden", "You do not have access to this resource.")
        found.update(state=state, updated_at=wire.when(datetime.now(UTC)))
        if state == _DECIDED[0]:
            self._app(found["app"]["id"]).owner = found["recipient"]["email"]
        return wire.answer(request, found)

    async def _delete(self, request: Request) -> Response:
        found = self._named(request)
        self._transfers.remove(found)
        return wire.answer(request, found)

    async def _list_packs(self, request: Request) -> Response:
        return wire.answer(request, self._packs(wire.app_of(self._apps, request)))

    async def _set_packs(self, request: Request) -> Response:
        app, updates = wire.app_of(self._apps, request), wire.json_of(await request.body()).get("updates")
        rows = updates if isinstance(updates, list) else [None]
        named = [one.get("buildpack") if isinstance(one, dict) else None for one in rows]
        if not all(isinstance(one, str) and one for one in named):
            raise HerokuError(422, "invalid_params", "A list of updates is expected, each with a buildpack.")
        self._buildpacks[app.id] = [str(one) for one in named]
        return wire.answer(request, self._packs(app))

    def _packs(self, app: SandboxApp) -> list[_Row]:
        return [
            {"ordinal": at, "buildpack": {"name": one, "url": one if "://" in one else f"urn:buildpack:{one}"}}
            for at, one in enumerate(self._buildpacks.get(app.id, []))
        ]
