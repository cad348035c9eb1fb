"""Webhooks of repositories and organizations: where GitHub sends what happens, signed by a secret that is never shown.

From GitHub's OpenAPI description (23.0.2: repository and organization webhooks) and a recorded answer (PyGithub's
tests/ReplayData, Hook). Several may have one configuration as long as they wait for other events, a change of the
configuration as a whole takes the secret away, and one of its parts does not (documented). The texts that refuse are
those of public reports (readthedocs.org 2561, tektoncd/experimental 387, hashicorp/terraform 18907; 20 hooks an event),
the one for a missing address is inferred; and so is that a secret makes no other configuration. Nothing is sent.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import timestamp

_MOST_OF_AN_EVENT = 20
_HIDDEN = "********"
_PARTS = ("content_type", "insecure_ssl", "secret", "url")
_NOT_VALID = "The URL you've entered is not valid. Please make sure that you encode all special characters first"
_KINDS = {
    "name": ("string",),
    "active": ("boolean",),
    "config": ("object",),
    **dict.fromkeys(("events", "add_events", "remove_events"), ("array",)),
}


@dataclass(frozen=True, slots=True)
class Hook:
    """One of them, with everything that it is configured with."""

    id: int
    config: dict[str, str] = field(repr=False)
    events: list[str]
    active: bool
    created_at: float
    updated_at: float

    def overlaps(self, other: Hook) -> bool:
        """Whether one of the two would be told the same as the other."""
        known = [{name: value for name, value in one.config.items() if name != "secret"} for one in (self, other)]
        return known[0] == known[1] and bool(set(self.events) & set(other.events))


class Hooks:
    """Their routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Those of a repository can be tested, too."""
        places = ("/repos/{owner}/{name}/hooks", "/orgs/{owner}/hooks")
        tested = Route(f"{places[0]}/{{hook:int}}/tests", self._poke, methods=["POST"])
        return [tested, *(route for every in places for route in self._of(every))]

    def _of(self, every: str) -> list[Route]:
        one = every + "/{hook:int}"
        return [
            Route(every, self._list),
            Route(every, self._create, methods=["POST"]),
            Route(one, self._get),
            Route(one, self._change, methods=["PATCH"]),
            Route(one, self._delete, methods=["DELETE"]),
            Route(f"{one}/config", self._config),
            Route(f"{one}/config", self._change_config, methods=["PATCH"]),
            Route(f"{one}/pings", self._poke, methods=["POST"]),
            Route(f"{one}/deliveries", self._deliveries),
        ]

    def _shelf(self, request: Request) -> dict[int, Hook]:
        """The hooks of the repository or organization that the path names, for those who may. Raises Refusal."""
        if "name" in request.path_params:
            writes = request.method not in {"GET", "HEAD"}
            found = self._face.permitted(request, "repository_hooks", writes=writes)
            return self._face.estate.hooks.setdefault(str(found.id), {})
        owner = self._face.administered(request, "organization_hooks", scope="admin:org_hook")
        return self._face.estate.hooks.setdefault(owner.lower(), {})

    def _named(self, request: Request) -> tuple[dict[int, Hook], Hook]:
        shelf = self._shelf(request)
        if request.path_params["hook"] not in shelf:
            raise Refusal(404, "Not Found")
        return shelf, shelf[request.path_params["hook"]]

    async def _list(self, request: Request) -> Response:
        rows = [_shown(request, one) for one in self._shelf(request).values()]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, chosen, headers=headers)

    async def _create(self, request: Request) -> Response:
        shelf, asked = self._shelf(request), await object_in(request)
        demand(asked, _KINDS, required=() if "name" in request.path_params else ("name", "config"))
        if asked.get("name", "web") != "web":
            raise _refused(code="invalid", field="name")
        now, config = time.time(), configured({"content_type": "form", "insecure_ssl": "0"}, asked.get("config", {}))
        events, active = _texts(asked.get("events", ["push"])), asked.get("active", True)
        made = Hook(secrets.randbelow(10**9) + 1, config, events, active, now, now)
        _demand_room(request, shelf, made)
        shelf[made.id] = made
        shown = _shown(request, made)
        return self._face.answer(request, shown, 201, headers={"Location": str(shown["url"])})

    async def _get(self, request: Request) -> Response:
        return self._face.answer(request, _shown(request, self._named(request)[1]))

    async def _change(self, request: Request) -> Response:
        """The configuration as a whole: without the secret, there is none any more (documented)."""
        (shelf, before), asked = self._named(request), await object_in(request)
        demand(asked, _KINDS)
        gone = _texts(asked.get("remove_events", []))
        events = [*_texts(asked.get("events", before.events)), *_texts(asked.get("add_events", []))]
        known = {name: value for name, value in before.config.items() if name != "secret"}
        after = replace(
            before,
            config=configured(known, asked["config"]) if "config" in asked else before.config,
            events=[one for one in dict.fromkeys(events) if one not in gone],
            active=asked.get("active", before.active),
            updated_at=time.time(),
        )
        shelf[before.id] = after
        return self._face.answer(request, _shown(request, after))

    async def _delete(self, request: Request) -> Response:
        shelf, found = self._named(request)
        del shelf[found.id]
        return self._face.answer(request, None, 204)

    async def _config(self, request: Request) -> Response:
        return self._face.answer(request, shown_config(self._named(request)[1].config))

    async def _change_config(self, request: Request) -> Response:
        (shelf, before), asked = self._named(request), await object_in(request)
        after = replace(before, config=configured(before.config, asked), updated_at=time.time())
        shelf[before.id] = after
        return self._face.answer(request, shown_config(after.config))

    async def _poke(self, request: Request) -> Response:
        self._named(request)
        return self._face.answer(request, None, 204)

    async def _deliveries(self, request: Request) -> Response:
        self._named(request)
        return self._face.answer(request, [])


def configured(before: Mapping[str, str], asked: dict[str, Any]) -> dict[str, str]:
    """A configuration with what is asked for. Raises Refusal."""
    demand(
        asked,
        {**dict.fromkeys(("url", "content_type", "secret"), ("string",)), "insecure_ssl": ("string", "integer")},
    )
    after = {**before, **{name: str(value) for name, value in asked.items() if name in _PARTS}}
    if not after.get("url"):
        raise _refused(code="custom", message="Config must contain URL for webhooks")
    try:
        is_address = urlsplit(after["url"]).scheme in {"http", "https"} and " " not in after["url"]
    except ValueError:
        is_address = False
    if not is_address:
        raise _refused(code="custom", message=_NOT_VALID)
    return {name: value for name, value in after.items() if value}


def _demand_room(request: Request, shelf: dict[int, Hook], made: Hook) -> None:
    place = "repository" if "name" in request.path_params else "organization"
    if any(one.overlaps(made) for one in shelf.values()):
        raise _refused(code="custom", message=f"Hook already exists on this {place}")
    for event in made.events:
        if sum(event in one.events for one in shelf.values()) >= _MOST_OF_AN_EVENT:
            told = f'The "{event}" event cannot have more than {_MOST_OF_AN_EVENT} hooks'
            raise _refused(code="custom", message=told)


def _texts(values: list[Any]) -> list[str]:
    return [str(one) for one in values]


def _refused(**error: str) -> Refusal:
    return Refusal(422, "Validation Failed", errors=[{"resource": "Hook", **error}])


def shown_config(config: Mapping[str, str]) -> dict[str, str]:
    """A configuration as it is told."""
    return {**config, **({"secret": _HIDDEN} if "secret" in config else {})}


def _shown(request: Request, hook: Hook) -> dict[str, Any]:
    of_repository = "name" in request.path_params
    place = "repos/{owner}/{name}" if of_repository else "orgs/{owner}"
    url = f"{request.base_url}{place.format(**request.path_params)}/hooks/{hook.id}"
    unused = {"last_response": {"code": None, "status": "unused", "message": None}, "test_url": f"{url}/tests"}
    return {
        "type": "Repository" if of_repository else "Organization",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": shown_config(hook.config),
        "updated_at": timestamp(hook.updated_at),
        "created_at": timestamp(hook.created_at),
        "url": url,
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        **(unused if of_repository else {}),
    }
