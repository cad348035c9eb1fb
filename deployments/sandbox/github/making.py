"""Repositories that clients make and delete.

From GitHub's OpenAPI description (23.0.2: repos) and recorded answers (octokit/fixtures, errors: what a repository is
answered with that is made, and that the scope delete_repo is needed for its end). Of what one is made with, its name,
whether it is private and what it says of itself count. With a repository all ends that it has, and no redirect leads to
it any more.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_PERMISSION = "administration"
_KINDS = {
    **dict.fromkeys(("name", "visibility"), ("string",)),
    **dict.fromkeys(("description", "homepage"), ("string", "null")),
    "private": ("boolean",),
}


class Making:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """One of one's own, one of an organization, and the end of each."""
        return [
            Route("/user/repos", self._own, methods=["POST"]),
            Route("/orgs/{owner}/repos", self._of_organization, methods=["POST"]),
            Route("/repos/{owner}/{name}", self._delete, methods=["DELETE"]),
        ]

    async def _own(self, request: Request) -> Response:
        token = self._face.token(request)
        self._face.demand(request, token, _PERMISSION, writes=True)
        return await self._make(request, looks.PERSON)

    async def _of_organization(self, request: Request) -> Response:
        token, owner = self._face.token(request), str(request.path_params["owner"])
        if not self._face.estate.has_organization(owner):
            raise Refusal(404, "Not Found")
        self._face.refuse_by_policy(owner)
        self._face.demand(request, token, _PERMISSION, writes=True)
        every = self._face.estate.repositories.values()
        return await self._make(
            request, next((one.owner for one in every if one.owner.lower() == owner.lower()), owner)
        )

    async def _make(self, request: Request, owner: str) -> Response:
        asked, estate = await object_in(request), self._face.estate
        demand(asked, _KINDS, required=("name",))
        full_name = f"{owner}/{free_name(self._face, owner, asked['name'])}"
        made = Repository(full_name, private=is_private(asked, otherwise=False), archived=False)
        made.says = {name: asked[name] for name in ("description", "homepage") if name in asked}
        estate.repositories[full_name.lower()] = made
        estate.moved.pop(full_name.lower(), None)
        shown = looks.whole_repository(made, str(request.base_url))
        return self._face.answer(request, shown, 201, headers={"Location": str(shown["url"])})

    async def _delete(self, request: Request) -> Response:
        token, _ = self._face.visible(request)
        if token.scopes is not None and "delete_repo" not in token.scopes:
            raise Refusal(403, "Must have admin rights to Repository.")
        found = self._face.permitted(request, _PERMISSION, writes=True, even_archived=True)
        estate = self._face.estate
        del estate.repositories[found.full_name.lower()]
        estate.moved = {name: one for name, one in estate.moved.items() if one is not found}
        return self._face.answer(request, None, 204)


def is_private(asked: dict[str, Any], *, otherwise: bool) -> bool:
    """Whether a repository is to be so: ``visibility`` counts before ``private``."""
    private = {"private": True, "internal": True, "public": False}.get(
        str(asked.get("visibility")), asked.get("private")
    )
    return private if isinstance(private, bool) else otherwise


def free_name(face: Face, owner: str, asked: Any, besides: Repository | None = None) -> str:
    """A name that a repository of that owner may get. Raises Refusal."""
    if not isinstance(asked, str) or not _NAME.fullmatch(asked):
        raise _refused("name", "name is invalid")
    there = face.estate.repositories.get(f"{owner}/{asked}".lower())
    if there is not None and there is not besides:
        raise _refused("name", "name already exists on this account")
    return asked


def _refused(field: str, message: str) -> Refusal:
    error = {"resource": "Repository", "code": "custom", "field": field, "message": message}
    return Refusal(422, "Repository creation failed.", errors=[error])
