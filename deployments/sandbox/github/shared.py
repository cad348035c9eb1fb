"""For whom what an organization shares is: all of its repositories, the private ones, or some that are selected.

The same for secrets and variables (GitHub's OpenAPI description 23.0.2). That only the organization's own repositories
can be selected one by one, and that a set is refused as one is, is inferred.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository

VISIBILITIES = ("all", "private", "selected")
_Of = Callable[[Request], tuple[str, list[int]]]


class Selected:
    """The routes by which repositories are selected. ``of`` gives whom a thing is for; its list is changed in place."""

    def __init__(self, face: Face, permission: str, of: _Of) -> None:
        self._face = face
        self._permission = permission
        self._of = of

    def routes(self, base: str) -> list[Route]:
        """Below the address of one secret or variable."""
        every, one = f"{base}/repositories", f"{base}/repositories/{{number:int}}"
        return [
            Route(every, self._guarded(self._list)),
            Route(every, self._guarded(self._set), methods=["PUT"]),
            Route(one, self._guarded(self._add), methods=["PUT"]),
            Route(one, self._guarded(self._remove), methods=["DELETE"]),
        ]

    def _guarded(
        self, handler: Callable[[Request, list[int]], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            self._face.administered(request, self._permission)
            visibility, selected = self._of(request)
            if visibility != VISIBILITIES[2]:
                raise Refusal(409, "Conflict when visibility type is not set to selected")
            return await handler(request, selected)

        return guarded

    async def _list(self, request: Request, selected: list[int]) -> Response:
        base, every = str(request.base_url), self._face.estate.repositories.values()
        rows = [looks.repository(one, base) for one in every if one.id in selected]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "repositories": chosen}, headers=headers)

    async def _set(self, request: Request, selected: list[int]) -> Response:
        asked = await object_in(request)
        demand(asked, {"selected_repository_ids": ("array",)}, required=("selected_repository_ids",))
        selected[:] = numbers_in(asked)
        return self._face.answer(request, None, 204)

    async def _add(self, request: Request, selected: list[int]) -> Response:
        number, owner = request.path_params["number"], request.path_params["owner"].lower()
        if not any(one.id == number and one.owner.lower() == owner for one in self._face.estate.repositories.values()):
            raise Refusal(404, "Not Found")
        selected[:] = [*(one for one in selected if one != number), number]
        return self._face.answer(request, None, 204)

    async def _remove(self, request: Request, selected: list[int]) -> Response:
        selected[:] = [one for one in selected if one != request.path_params["number"]]
        return self._face.answer(request, None, 204)


def is_for(repository: Repository, visibility: str, selected: list[int]) -> bool:
    """Whether a repository gets what is shared so."""
    if visibility == "selected":
        return repository.id in selected
    return visibility == "all" or repository.private


def whom_in(asked: dict[str, Any]) -> tuple[str, list[int]]:
    """Whom something is for, which GitHub demands, and the repositories that are selected. Raises Refusal."""
    demand(asked, {}, required=("visibility",), words={"visibility": VISIBILITIES})
    return str(asked["visibility"]), numbers_in(asked)


def numbers_in(asked: dict[str, Any]) -> list[int]:
    """The repositories that are selected: gh sends numbers, others may send texts."""
    selected = asked.get("selected_repository_ids")
    return [
        int(one)
        for one in (selected if isinstance(selected, list) else [])
        if str(one).isascii() and str(one).isdigit()
    ]
