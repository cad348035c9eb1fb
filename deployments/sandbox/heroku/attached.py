"""Who and what an app of the simulated Heroku is shared with: collaborators, and drains of its log.

From the official schema (heroku/platform-api 4f4f592: collaborator, log-drain), as `heroku access`, `heroku drains` and
heroku3 ask for them. A drain may be named by its id, token or address. Nothing is sent to a drain, and access to an app
does not hang on being its collaborator; both are inferred to be there once only.
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
_SCHEMES = ("https://", "http://", "syslog://", "syslog+tls://")


class Attached:
    """Their routes. The apps are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps
        # By the app's id, as they are shown.
        self._people: dict[str, list[_Row]] = {}
        self._drains: dict[str, list[_Row]] = {}

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        people, drains = "/apps/{app}/collaborators", "/apps/{app}/log-drains"
        return [
            (people, self._list_people, "GET"),
            (people, self._add_person, "POST"),
            (f"{people}/{{person}}", self._get_person, "GET"),
            (f"{people}/{{person}}", self._remove_person, "DELETE"),
            (drains, self._list_drains, "GET"),
            (drains, self._add_drain, "POST"),
            # An address has slashes.
            (f"{drains}/{{drain:path}}", self._get_drain, "GET"),
            (f"{drains}/{{drain:path}}", self._remove_drain, "DELETE"),
        ]

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self._apps, request)

    async def _list_people(self, request: Request) -> Response:
        app = self._of(request)
        owner = _person(app, request.state.email, "owner")
        return wire.answer(request, [owner, *self._people.get(app.id, [])])

    async def _add_person(self, request: Request) -> Response:
        app, asked = self._of(request), wire.json_of(await request.body()).get("user")
        if not isinstance(asked, str) or "@" not in asked:
            raise HerokuError(422, "invalid_params", "user is an address or an id of an account.")
        people = self._people.setdefault(app.id, [])
        if asked in {request.state.email, *(one["user"]["email"] for one in people)}:
            raise HerokuError(422, "invalid_params", "User is already a collaborator on app.")
        people.append(_person(app, asked, "collaborator"))
        return wire.answer(request, people[-1], 201)

    async def _get_person(self, request: Request) -> Response:
        return wire.answer(request, self._person(request)[1])

    async def _remove_person(self, request: Request) -> Response:
        app, found = self._person(request)
        self._people[app.id].remove(found)
        return wire.answer(request, found)

    def _person(self, request: Request) -> tuple[SandboxApp, _Row]:
        app, wanted = self._of(request), request.path_params["person"]
        for one in self._people.get(app.id, []):
            if wanted in {one["id"], one["user"]["id"], one["user"]["email"]}:
                return app, one
        raise HerokuError(404, "not_found", "Couldn't find that collaborator.", resource="collaborator")

    async def _list_drains(self, request: Request) -> Response:
        return wire.answer(request, self._drains.get(self._of(request).id, []))

    async def _add_drain(self, request: Request) -> Response:
        app, url = self._of(request), wire.json_of(await request.body()).get("url")
        if not isinstance(url, str) or not url.startswith(_SCHEMES):
            raise HerokuError(422, "invalid_params", "Url is invalid")
        drains = self._drains.setdefault(app.id, [])
        if any(one["url"] == url for one in drains):
            raise HerokuError(422, "invalid_params", "Url has already been taken")
        known = {"id": identifier(), "url": url, "token": f"d.{identifier()}", "addon": None, **_belongs(app)}
        drains.append(known)
        return wire.answer(request, known, 201)

    async def _get_drain(self, request: Request) -> Response:
        return wire.answer(request, self._drain(request)[1])

    async def _remove_drain(self, request: Request) -> Response:
        app, found = self._drain(request)
        self._drains[app.id].remove(found)
        return wire.answer(request, found)

    def _drain(self, request: Request) -> tuple[SandboxApp, _Row]:
        app, wanted = self._of(request), request.path_params["drain"]
        for one in self._drains.get(app.id, []):
            if wanted in {one["id"], one["url"], one["token"]}:
                return app, one
        raise HerokuError(404, "not_found", "Couldn't find that log drain.", resource="log_drain")


def _person(app: SandboxApp, email: str, role: str) -> _Row:
    user = {"id": wire.named_id(email), "email": email, "federated": False}
    return {"id": wire.named_id(f"{app.id} {email}"), "user": user, "role": role, "permissions": [], **_belongs(app)}


def _belongs(app: SandboxApp) -> _Row:
    now = wire.when(datetime.now(UTC))
    return {"app": {"id": app.id, "name": app.name}, "created_at": now, "updated_at": now}
