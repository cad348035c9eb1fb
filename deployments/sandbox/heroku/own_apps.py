"""Apps that clients make, rename, switch to maintenance and destroy, as heroku3, the CLI and Terraform's provider do.

From the official schema (heroku/platform-api 4f4f592: app). The text for a name that is taken is the one that heroku3
5.2 looks for, that for a name which cannot be the one that it repeats. A new app runs nothing: no code was pushed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.wire import HerokuError

_Act = Callable[[Request], Awaitable[Response]]
_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
_NAMES = (
    "Name must start with a letter, end with a letter or digit and can only contain lowercase letters, digits, and "
    "dashes."
)
_CHANGED = {"name", "maintenance", "build_stack"}


class OwnApps:
    """Routes of apps as such. ``make`` adds an app of a name to ``apps``."""

    def __init__(self, apps: dict[str, SandboxApp], make: Callable[[str], SandboxApp]) -> None:
        self._apps = apps
        self._make = make

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        return [
            ("/apps", self._create, "POST"),
            ("/apps/{app}", self._change, "PATCH"),
            ("/apps/{app}", self._destroy, "DELETE"),
        ]

    async def _create(self, request: Request) -> Response:
        asked = wire.json_of(await request.body())
        # A name that is left out is made up; so is heroku3's null.
        name = f"sandbox-{secrets.token_hex(4)}" if asked.get("name") is None else self._free(asked["name"])
        made = self._make(name)
        made.stack = _word(asked.get("stack"), made.stack)
        made.region = _word(asked.get("region"), made.region)
        return wire.answer(request, wire.app_row(made), 201)

    async def _change(self, request: Request) -> Response:
        app, asked = wire.app_of(self._apps, request), wire.json_of(await request.body())
        if not _CHANGED & set(asked):
            raise HerokuError(422, "invalid_params", "The sandbox changes of an app its name, stack and maintenance.")
        # heroku3 sends the number 0 to switch it off.
        if asked.get("maintenance", False) not in (True, False):
            raise HerokuError(422, "invalid_params", "maintenance is true or false.")
        name = self._free(asked["name"]) if asked.get("name", app.name) != app.name else app.name
        app.maintenance = bool(asked.get("maintenance", app.maintenance))
        app.stack = _word(asked.get("build_stack"), app.stack)
        if name != app.name:
            self._apps[name] = self._apps.pop(app.name)
            app.name = name
        return wire.answer(request, wire.app_row(app))

    async def _destroy(self, request: Request) -> Response:
        app = wire.app_of(self._apps, request)
        del self._apps[app.name]
        return wire.answer(request, wire.app_row(app))

    def _free(self, name: Any) -> str:
        """A name that an app may get. Raises HerokuError."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise HerokuError(422, "invalid_params", _NAMES)
        if name in self._apps:
            raise HerokuError(422, "invalid_params", "Name is already taken")
        return name


def _word(asked: Any, otherwise: str) -> str:
    """A stack or a region, which is named by a text; heroku3 asks for the stack cedar, which is no more."""
    return asked if isinstance(asked, str) and asked != "cedar" else otherwise
