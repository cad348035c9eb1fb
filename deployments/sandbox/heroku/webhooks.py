"""Webhooks of the apps of the simulated Heroku: where it would say what happens, signed with a secret.

From the official schema (heroku/platform-api 4f4f592: app-webhook), the Dev Center's pages on webhooks (whoever names
no secret finds the one that is made in the header Heroku-Webhook-Secret, once) and the CLI, which reads it there. The
texts that refuse are inferred. Nothing is sent, so there are no events and no deliveries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import hexadecimal, identifier

_Act = Callable[[Request], Awaitable[Response]]
_LEVELS = ("notify", "sync")
_DEMANDED = ("include", "level", "url")


@dataclass(slots=True)
class _Webhook:
    """One of them, of the app with this id."""

    app: str
    asked: dict[str, Any]
    secret: str = field(repr=False)
    id: str = field(default_factory=identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self, app: SandboxApp) -> dict[str, Any]:
        """As every answer shows it: without the secret."""
        moments = {"created_at": wire.when(self.created_at), "updated_at": wire.when(self.updated_at)}
        return {"id": self.id, **self.asked, **moments, "app": {"id": app.id, "name": app.name}}


class Webhooks:
    """Their routes. The apps are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps
        self._kept: dict[str, _Webhook] = {}

    def secret(self, number: str) -> str:
        """With what one signs. KeyError for none. Only a sandbox can tell."""
        return self._kept[number].secret

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        every, one = "/apps/{app}/webhooks", "/apps/{app}/webhooks/{webhook}"
        return [
            (every, self._list, "GET"),
            (every, self._create, "POST"),
            (one, self._get, "GET"),
            (one, self._change, "PATCH"),
            (one, self._delete, "DELETE"),
            ("/apps/{app}/webhook-deliveries", self._none, "GET"),
            ("/apps/{app}/webhook-events", self._none, "GET"),
        ]

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self._apps, request)

    async def _list(self, request: Request) -> Response:
        app = self._of(request)
        return wire.answer(request, [one.as_json(app) for one in self._kept.values() if one.app == app.id])

    async def _create(self, request: Request) -> Response:
        app, asked = self._of(request), wire.json_of(await request.body())
        missing = [name for name in _DEMANDED if name not in asked]
        if missing:
            raise HerokuError(422, "invalid_params", f"{', '.join(missing)} is required.")
        own = _secret_in(asked)
        made = _Webhook(app.id, _checked(asked), own or hexadecimal(60))
        self._kept[made.id] = made
        told = {} if own else {"Heroku-Webhook-Secret": made.secret}
        return wire.answer(request, made.as_json(app), 201, told)

    async def _get(self, request: Request) -> Response:
        app, found = self._named(request)
        return wire.answer(request, found.as_json(app))

    async def _change(self, request: Request) -> Response:
        (app, found), asked = self._named(request), wire.json_of(await request.body())
        changed, secret = _checked(asked), _secret_in(asked)
        found.asked, found.secret = {**found.asked, **changed}, secret or found.secret
        found.updated_at = datetime.now(UTC)
        return wire.answer(request, found.as_json(app))

    async def _delete(self, request: Request) -> Response:
        app, found = self._named(request)
        del self._kept[found.id]
        return wire.answer(request, found.as_json(app))

    async def _none(self, request: Request) -> Response:
        self._of(request)
        return wire.answer(request, [])

    def _named(self, request: Request) -> tuple[SandboxApp, _Webhook]:
        app, found = self._of(request), self._kept.get(request.path_params["webhook"])
        if found is None or found.app != app.id:
            raise HerokuError(404, "not_found", "Couldn't find that app webhook.", resource="app_webhook")
        return app, found


def _checked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked of a webhook, but its secret. Raises HerokuError."""
    include, level, url = (asked.get(name) for name in _DEMANDED)
    if "include" in asked and not (
        isinstance(include, list) and include and all(isinstance(one, str) for one in include)
    ):
        raise HerokuError(422, "invalid_params", "include is a list of names of events.")
    if "level" in asked and level not in _LEVELS:
        raise HerokuError(422, "invalid_params", f"level is one of {', '.join(_LEVELS)}.")
    if "url" in asked and not (isinstance(url, str) and url.startswith(("https://", "http://"))):
        raise HerokuError(422, "invalid_params", "Url is invalid")
    return {name: asked[name] for name in _DEMANDED if name in asked}


def _secret_in(asked: Mapping[str, Any]) -> str | None:
    found = asked.get("secret")
    if found is not None and not isinstance(found, str):
        raise HerokuError(422, "invalid_params", "secret is a text.")
    return found or None
