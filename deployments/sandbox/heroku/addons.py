"""Add-ons of apps of the simulated Heroku, each with a config var of its own.

From the official schema (heroku/platform-api 4f4f592: add-on, add-on-attachment, add-on-config), as `heroku addons` and
heroku3 ask for them. Any plan of any service is taken, and is there at once; nothing is behind it. An add-on is
attached in one release and detached in another, described as in the logs that people publish; that a var is called
after the service, but for Heroku's own data, is inferred.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier, token

_Act = Callable[[Request], Awaitable[Response]]
_PLAN = re.compile(r"(?P<service>[a-z][a-z0-9-]*)(?::[a-z0-9-]+)?")
_ATTACHMENT = re.compile(r"[A-Z][A-Z0-9_]*")
_USUAL = {"heroku-postgresql": "DATABASE", "heroku-redis": "REDIS"}


@dataclass(slots=True)
class _Addon:
    """One of an app, under the name by which it is attached."""

    app: SandboxApp
    plan: str
    attached: str
    name: str
    id: str = field(default_factory=identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def service(self) -> str:
        return self.plan.partition(":")[0]

    @property
    def variable(self) -> str:
        return f"{self.attached}_URL"


class Addons:
    """Their routes. The apps are those of the simulated Heroku."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps
        self._kept: list[_Addon] = []

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        of_app, one = "/apps/{app}/addons", "/addons/{addon}"
        return [
            ("/addons", self._list, "GET"),
            (one, self._get, "GET"),
            (f"{one}/config", self._config, "GET"),
            (of_app, self._list, "GET"),
            (of_app, self._create, "POST"),
            (f"{of_app}/{{addon}}", self._get, "GET"),
            (f"{of_app}/{{addon}}", self._change, "PATCH"),
            (f"{of_app}/{{addon}}", self._delete, "DELETE"),
            ("/addon-attachments", self._attachments, "GET"),
            ("/apps/{app}/addon-attachments", self._attachments, "GET"),
        ]

    def _those(self, request: Request) -> list[_Addon]:
        """Of the app that the path names, or all, of apps that are still there."""
        if "app" in request.path_params:
            app = wire.app_of(self._apps, request)
            return [one for one in self._kept if one.app is app]
        return [one for one in self._kept if one.app.name in self._apps]

    def _named(self, request: Request) -> _Addon:
        for one in self._those(request):
            if request.path_params["addon"] in {one.id, one.name}:
                return one
        raise HerokuError(404, "not_found", "Couldn't find that add-on.", resource="addon")

    async def _list(self, request: Request) -> Response:
        return wire.answer(request, [_shown(one) for one in self._those(request)])

    async def _get(self, request: Request) -> Response:
        return wire.answer(request, _shown(self._named(request)))

    async def _create(self, request: Request) -> Response:
        app, asked = wire.app_of(self._apps, request), wire.json_of(await request.body())
        plan = _plan(asked.get("plan"))
        service = plan.partition(":")[0]
        attachment = asked.get("attachment")
        wanted = attachment.get("name") if isinstance(attachment, dict) else None
        attached = wanted or _USUAL.get(service, service.upper().replace("-", "_"))
        if not isinstance(attached, str) or not _ATTACHMENT.fullmatch(attached):
            raise HerokuError(422, "invalid_params", "The name of an attachment is of capital letters, digits and _.")
        named = asked.get("name")
        usual = f"{service.removeprefix('heroku-')}-sandbox-{secrets.randbelow(90_000) + 10_000}"
        made = _Addon(app, plan, attached, named if isinstance(named, str) else usual)
        if made.variable in app.variables:
            raise HerokuError(422, "invalid_params", f"The app has a config var {made.variable}.")
        self._kept.append(made)
        app.attached[made.variable] = made.name
        value = f"https://user:{token('', 32)}@{made.name}.example.com/"
        app.attach(made.variable, value, f"Attach {attached} (@ref:{made.name})", request.state.email)
        return wire.answer(request, _shown(made), 201)

    async def _change(self, request: Request) -> Response:
        found, asked = self._named(request), wire.json_of(await request.body())
        plan = _plan(asked.get("plan", found.plan))
        if plan.partition(":")[0] != found.service:
            raise HerokuError(422, "invalid_params", "A plan of the same service is expected.")
        found.plan = plan
        return wire.answer(request, _shown(found))

    async def _delete(self, request: Request) -> Response:
        found = self._named(request)
        self._kept.remove(found)
        found.app.attached.pop(found.variable, None)
        told = f"Detach {found.attached} (@ref:{found.name})"
        found.app.attach(found.variable, None, told, request.state.email)
        return wire.answer(request, {**_shown(found), "state": "deprovisioned"})

    async def _config(self, request: Request) -> Response:
        """What the var holds is shown with the app's alone: here is its name (inferred)."""
        self._named(request)
        return wire.answer(request, [{"name": "url", "value": None}])

    async def _attachments(self, request: Request) -> Response:
        return wire.answer(request, [_attachment(one) for one in self._those(request)])


def _plan(asked: Any) -> str:
    """The CLI names it in an object, heroku3 as a text."""
    name = asked.get("name") if isinstance(asked, dict) else asked
    if not isinstance(name, str) or not _PLAN.fullmatch(name):
        raise HerokuError(422, "invalid_params", "A plan is expected, such as service:plan.")
    return name


def _moments(one: _Addon) -> dict[str, str]:
    return {"created_at": wire.when(one.created_at), "updated_at": wire.when(one.created_at)}


def _shown(one: _Addon) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "actions": [],
        "addon_service": {"id": wire.named_id(one.service), "name": one.service},
        "app": {"id": one.app.id, "name": one.app.name},
        "billing_entity": {"id": one.app.id, "name": one.app.name, "type": "app"},
        "billed_price": {"cents": 0, "contract": False, "unit": "month"},
        "config_vars": [one.variable],
        "plan": {"id": wire.named_id(one.plan), "name": one.plan},
        "provider_id": one.id,
        "provision_message": None,
        "state": "provisioned",
        "web_url": f"https://addons.example.com/{one.id}",
        **_moments(one),
    }


def _attachment(one: _Addon) -> dict[str, Any]:
    app = {"id": one.app.id, "name": one.app.name}
    return {
        "id": wire.named_id(f"attachment {one.id}"),
        "name": one.attached,
        "addon": {"id": one.id, "name": one.name, "app": app},
        "app": app,
        **dict.fromkeys(("namespace", "log_input_url")),
        "web_url": f"https://addons.example.com/{one.id}",
        **_moments(one),
    }
