"""What an app runs how often and how large, and its process types that are started anew or stopped.

From the official schema (heroku/platform-api 4f4f592: formation, and "Restart formation" and "Stop formation" of dyno)
and from what clients send: `heroku ps:restart -p`, `ps:stop -p`, `ps:scale` and `ps:type` (heroku/cli, read 2026-11-29)
and heroku3. These send the size as ``size``, which the schema has for answers only; that Heroku takes it is inferred,
as are names of sizes in any case, and that a type of another size or one that is stopped is started anew. Images are
released as the Dev Center's page of the container registry has it, and as `heroku container:release` does; that the
release is described by them, and that no registry is asked whether they are there, is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.wire import HerokuError

_Act = Callable[[Request], Awaitable[Response]]

# The CLI sends texts: "3", "+1", "-1"; heroku3 sends numbers.
_QUANTITY = re.compile(r"(?P<sign>[+-]?)(?P<number>[0-9]{1,3})")
_IMAGE = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
# Those of apps outside of private spaces (the CLI's list of prices).
_SIZES = ("Eco", "Basic", "Standard-1X", "Standard-2X", "Performance-M", "Performance-L", "Performance-L-RAM")


class Formation:
    """Routes of process types. The apps are those of the simulated Heroku; its list is in app.py."""

    def __init__(self, apps: Mapping[str, SandboxApp]) -> None:
        self._apps = apps

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        one = "/apps/{app}/formation/{type}"
        return [
            ("/apps/{app}/formation", self._change, "PATCH"),
            (one, self._get, "GET"),
            (one, self._change_one, "PATCH"),
            # A word of its own in the schema, with an s.
            ("/apps/{app}/formations/{type}", self._restart, "DELETE"),
            ("/apps/{app}/formations/{type}/actions/stop", self._stop, "POST"),
        ]

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self._apps, request)

    async def _get(self, request: Request) -> Response:
        app = self._of(request)
        return wire.answer(request, _row(app, _named(app, request.path_params["type"], app.formation())))

    async def _change(self, request: Request) -> Response:
        """All of the updates or, when one of them cannot be, none."""
        app, updates = self._of(request), wire.json_of(await request.body()).get("updates")
        if not isinstance(updates, list) or not all(_has_type(one) for one in updates):
            raise HerokuError(422, "invalid_params", "A list of updates is expected, each with a type.")
        images = {one["type"]: _image(one["docker_image"]) for one in updates if "docker_image" in one}
        planned = [_planned(app, one["type"], one) for one in updates]
        for kind, quantity, size in planned:
            app.scale(kind, quantity, size)
        if images:
            deployed = ", ".join(f"{kind} ({image})" for kind, image in images.items())
            app.release_again(f"Deployed {deployed}", request.state.email)
        return wire.answer(request, [_row(app, kind) for kind in app.formation()])

    async def _change_one(self, request: Request) -> Response:
        app = self._of(request)
        kind, quantity, size = _planned(app, request.path_params["type"], wire.json_of(await request.body()))
        app.scale(kind, quantity, size)
        return wire.answer(request, _row(app, kind))

    async def _restart(self, request: Request) -> Response:
        app = self._of(request)
        app.restart(_named(app, request.path_params["type"], app.types))
        return wire.answer(request, {}, 202)

    async def _stop(self, request: Request) -> Response:
        """One-off dynos of the type end; those of the formation are started anew, as Heroku does with them."""
        app, wanted = self._of(request), request.path_params["type"]
        if not app.stop_one_offs(wanted) or wanted in app.types:
            app.restart(_named(app, wanted, app.types))
        return wire.answer(request, {}, 202)


def _has_type(update: Any) -> bool:
    return isinstance(update, dict) and isinstance(update.get("type"), str)


def _row(app: SandboxApp, kind: str) -> dict[str, Any]:
    return wire.formation_row(app, kind, app.formation()[kind])


def _named(app: SandboxApp, wanted: str, kinds: Mapping[str, int]) -> str:
    """The process type of this name or id."""
    for kind in kinds:
        if wanted in {kind, wire.formation_id(app, kind)}:
            return kind
    raise HerokuError(404, "not_found", "Couldn't find that process type.", resource="formation")


def _planned(app: SandboxApp, wanted: str, update: Mapping[str, Any]) -> tuple[str, int, str]:
    """Process type, quantity and size as they are to be. What the update does not name stays."""
    # An image brings its process type with it: one dyno of web, none of the others (Dev Center, process types).
    is_new = "docker_image" in update and wanted not in app.types
    kind = wanted if is_new else _named(app, wanted, app.types)
    before = int(kind == "web") if is_new else app.types[kind]
    quantity = _quantity(before, update["quantity"]) if "quantity" in update else before
    asked = update.get("dyno_size", update.get("size"))
    return kind, quantity, app.size_of(kind) if asked is None else _size(asked)


def _image(asked: Any) -> str:
    """The beginning of the number of an image of the container registry, of which nothing else is known here."""
    if not isinstance(asked, str) or not _IMAGE.fullmatch(asked):
        raise HerokuError(422, "invalid_params", "docker_image is the id of an image: sha256 and 64 digits.")
    return asked.removeprefix("sha256:")[:12]


def _quantity(before: int, asked: Any) -> int:
    read = _QUANTITY.fullmatch(str(asked))
    if read is None:
        raise HerokuError(422, "invalid_params", "A quantity is a number, +1 or -1.")
    number = int(read["number"])
    return max(0, {"": number, "+": before + number, "-": before - number}[read["sign"]])


def _size(asked: Any) -> str:
    """``dyno_size`` is an object with a name or an id, ``size`` a name."""
    wanted = (asked.get("name") or asked.get("id")) if isinstance(asked, dict) else asked
    for size in _SIZES:
        if isinstance(wanted, str) and wanted.lower() in {size.lower(), wire.named_id(size)}:
            return size
    raise HerokuError(422, "invalid_params", f"The sizes are {', '.join(_SIZES)}.")
