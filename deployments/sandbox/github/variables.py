"""Actions variables of the GitHub sandbox: what is no secret and is shown, such as a key ID.

From GitHub's REST API reference (Actions variables), 2026-11-27, and its OpenAPI description (23.0.2): a page has 10 of
them and at most 30. That a new name is judged when a variable is changed as it is when one is made is inferred:
described is the answer 204 alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.secrets import environment_name
from deployments.sandbox.github.shared import Selected, is_for, whom_in
from deployments.sandbox.github.store import Variable

_NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*")
_USUAL_PAGE, _MOST_A_PAGE = 10, 30
# How many, and how many bytes, there may be (documented: "Limits for configuration variables"; the error is inferred).
_MOST, _MOST_OF_ENVIRONMENT, _MOST_OF_ORGANIZATION = 500, 100, 1000
_LARGEST, _LARGEST_TOGETHER = 48 * 1024, 256 * 1024
_OF_ORGANIZATION = "organization_actions_variables"
_Shelf = dict[str, Variable]


class Variables:
    """The routes of the variables of repositories, environments and organizations."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """List and create, and read, change and delete one; and what a repository gets from its organization."""
        repository, organization = "/repos/{owner}/{name}", "/orgs/{owner}/actions/variables"
        bases = [f"{repository}/actions/variables", repository + "/environments/{environment:path}/variables"]
        return [
            Route(f"{repository}/actions/organization-variables", self._from_organization),
            *Selected(self._face, _OF_ORGANIZATION, self._whom).routes(organization + "/{variable}"),
            *(route for base in (*bases, organization) for route in self._of(base)),
        ]

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
            if _is_of_organization(request):
                self._face.administered(request, _OF_ORGANIZATION)
                return await handler(request, self._face.estate.shared_variables(request.path_params["owner"]))
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
        rows = [_shown(request, shelf[name], name) for name in sorted(shelf)]
        return self._page(request, rows)

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        chosen, headers = paged(request, rows, _USUAL_PAGE, _MOST_A_PAGE)
        return self._face.answer(request, {"total_count": len(rows), "variables": chosen}, headers=headers)

    async def _from_organization(self, request: Request) -> Response:
        found = self._face.permitted(request, "actions_variables", writes=False)
        shelf = self._face.estate.shared_variables(found.owner)
        rows = [one.as_json(name) for name, one in sorted(shelf.items()) if is_for(found, one.visibility, one.selected)]
        return self._page(request, rows)

    async def _get(self, request: Request, shelf: _Shelf) -> Response:
        name = _kept(request, shelf)
        return self._face.answer(request, _shown(request, shelf[name], name))

    async def _create(self, request: Request, shelf: _Shelf) -> Response:
        asked = await _asked(request, "name", "value")
        name, value = _new_name(asked["name"], shelf), _value(asked["value"])
        _demand_room(request, {**{one: held.value for one, held in shelf.items()}, name: value})
        visibility, selected = whom_in(asked) if _is_of_organization(request) else ("all", [])
        now = time.time()
        shelf[name] = Variable(value, now, now, visibility, selected)
        return self._face.answer(request, {}, 201)

    async def _change(self, request: Request, shelf: _Shelf) -> Response:
        """What is not sent stays as it was."""
        name, asked = _kept(request, shelf), await _asked(request)
        before = shelf[name]
        others = {one: held for one, held in shelf.items() if one != name}
        after = _new_name(asked["name"], others) if "name" in asked else name
        changed = replace(before, value=_value(asked.get("value", before.value)), updated_at=time.time())
        if _is_of_organization(request) and "visibility" in asked:
            visibility, selected = whom_in(asked)
            # Whose repositories are selected already are not sent again with another value.
            stays = visibility == before.visibility and "selected_repository_ids" not in asked
            changed = replace(changed, visibility=visibility, selected=before.selected if stays else selected)
        _demand_room(request, {**{one: held.value for one, held in others.items()}, after: changed.value}, is_new=False)
        del shelf[name]
        shelf[after] = changed
        return self._face.answer(request, None, 204)

    async def _delete(self, request: Request, shelf: _Shelf) -> Response:
        del shelf[_kept(request, shelf)]
        return self._face.answer(request, None, 204)

    def _whom(self, request: Request) -> tuple[str, list[int]]:
        shelf = self._face.estate.shared_variables(request.path_params["owner"])
        found = shelf[_kept(request, shelf)]
        return found.visibility, found.selected


async def _asked(request: Request, *required: str) -> dict[str, Any]:
    asked = await object_in(request)
    demand(asked, dict.fromkeys(("name", "value", "visibility"), ("string",)), required)
    return asked


def _demand_room(request: Request, values: Mapping[str, str], *, is_new: bool = True) -> None:
    """Raise Refusal when these are more, or larger, than a place may have."""
    of_environment, of_organization = "environment" in request.path_params, _is_of_organization(request)
    most = _MOST_OF_ENVIRONMENT if of_environment else _MOST_OF_ORGANIZATION if of_organization else _MOST
    sizes = [len(value.encode()) for value in values.values()]
    if (
        (is_new and len(sizes) > most)
        or max(sizes) > _LARGEST
        or (not of_environment and sum(sizes) > _LARGEST_TOGETHER)
    ):
        raise Refusal(422, "Validation Failed")


def _is_of_organization(request: Request) -> bool:
    return "name" not in request.path_params


def _shown(request: Request, variable: Variable, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = variable.as_json(name)
    if not _is_of_organization(request):
        return shown
    url = f"{request.base_url}orgs/{request.path_params['owner']}/actions/variables/{name}/repositories"
    more = {"selected_repositories_url": url} if variable.visibility == "selected" else {}
    return {**shown, "visibility": variable.visibility, **more}


def _kept(request: Request, shelf: _Shelf) -> str:
    name: str = request.path_params["variable"].upper()
    if name not in shelf:
        raise Refusal(404, "Not Found")
    return name


def _new_name(asked: object, shelf: _Shelf) -> str:
    name = asked.upper() if isinstance(asked, str) else ""
    if not _NAME.fullmatch(name):
        raise Refusal(422, "Validation Failed")
    if name in shelf:
        raise Refusal(409, "Already exists - Variable already exists")
    return name


def _value(asked: object) -> str:
    # Half of a pair of surrogates cannot be answered with again.
    if not isinstance(asked, str) or asked != asked.encode(errors="replace").decode():
        raise Refusal(422, "Validation Failed")
    return asked
