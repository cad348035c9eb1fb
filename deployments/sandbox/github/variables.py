"""Actions variables of the GitHub sandbox: what is no secret and is shown, such as a key ID.

From GitHub's REST API reference (Actions variables), 2026-11-27.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.secrets import environment_name
from deployments.sandbox.github.store import Variable
from deployments.sandbox.json_body import parsed

_NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*")
_Shelf = dict[str, Variable]


class Variables:
    """The routes of the variables of repositories and environments."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """List and create, and read, change and delete one."""
        repository = "/repos/{owner}/{name}"
        bases = [f"{repository}/actions/variables", repository + "/environments/{environment:path}/variables"]
        return [route for base in bases for route in self._of(base)]

    def _of(self, base: str) -> list[Route]:
        one = f"{base}/{{variable}}"
        return [
            Route(base, self._guarded(self._list)),
            Route(base, self._guarded(self._create), methods=["POST"]),
            Route(one, self._guarded(self._get)),
            Route(one, self._guarded(self._change), methods=["PATCH"]),
            Route(one, self._guarded(self._delete), methods=["DELETE"]),
        ]

    def _guarded(
        self, handler: Callable[[Request, _Shelf], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            within = "environment" in request.path_params
            permission = "environments" if within else "actions_variables"
            writes = request.method not in {"GET", "HEAD"}
            found = self._face.permitted(request, permission, writes=writes)
            if not within:
                return await handler(request, found.variables)
            name = environment_name(request, found)
            return await handler(request, found.environment_variables.setdefault(name, {}))

        return guarded

    async def _list(self, request: Request, shelf: _Shelf) -> Response:
        rows = [shelf[name].as_json(name) for name in sorted(shelf)]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "variables": chosen}, headers=headers)

    async def _get(self, request: Request, shelf: _Shelf) -> Response:
        name = _kept(request, shelf)
        return self._face.answer(request, shelf[name].as_json(name))

    async def _create(self, request: Request, shelf: _Shelf) -> Response:
        asked = await _object(request)
        name, value = str(asked.get("name") or "").upper(), asked.get("value")
        if not _NAME.fullmatch(name) or not isinstance(value, str):
            raise Refusal(422, "Validation Failed")
        if name in shelf:
            raise Refusal(409, "Already exists - Variable already exists")
        now = time.time()
        shelf[name] = Variable(value, now, now)
        return self._face.answer(request, {}, 201)

    async def _change(self, request: Request, shelf: _Shelf) -> Response:
        name, asked = _kept(request, shelf), await _object(request)
        before = shelf.pop(name)
        after = str(asked.get("name") or name).upper()
        shelf[after] = Variable(str(asked.get("value", before.value)), before.created_at, time.time())
        return self._face.answer(request, None, 204)

    async def _delete(self, request: Request, shelf: _Shelf) -> Response:
        del shelf[_kept(request, shelf)]
        return self._face.answer(request, None, 204)


def _kept(request: Request, shelf: _Shelf) -> str:
    name: str = request.path_params["variable"].upper()
    if name not in shelf:
        raise Refusal(404, "Not Found")
    return name


async def _object(request: Request) -> dict[str, Any]:
    try:
        body = parsed(await request.body())
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise Refusal(422, "Invalid request.")
    return body
