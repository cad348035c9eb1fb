"""What clients change of a repository: its name, whether it is private or archived, what it says of itself.

From GitHub's OpenAPI description (23.0.2: repos) and a recorded answer (octokit/fixtures, rename-repository). From a
former name leads a redirect, as from one that a person changed.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import at_most, demand, object_in
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.making import free_name, is_private
from deployments.sandbox.github.rules import Refusal

_TOPIC = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_MOST_TOPICS = 20
_PERMISSION = "administration"


class Changing:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Everything asks for "administration", but topics are read by whoever sees the repository."""
        repository = "/repos/{owner}/{name}"
        return [
            Route(repository, self._change, methods=["PATCH"]),
            Route(f"{repository}/topics", self._topics),
            Route(f"{repository}/topics", self._set_topics, methods=["PUT"]),
        ]

    async def _change(self, request: Request) -> Response:
        found = self._face.permitted(request, _PERMISSION, writes=True, even_archived=True)
        asked = await object_in(request)
        name = free_name(self._face, found.owner, asked["name"], found) if "name" in asked else None
        if found.archived and asked.get("archived") is not False:
            raise Refusal(403, "Repository was archived so is read-only.")
        found.private = is_private(asked, otherwise=found.private)
        found.archived = asked["archived"] if isinstance(asked.get("archived"), bool) else found.archived
        for field in ("description", "homepage"):
            if field in asked:
                found.says[field] = asked[field]
        if name is not None:
            self._face.estate.rename(found, f"{found.owner}/{name}")
        return self._face.answer(request, looks.whole_repository(found, str(request.base_url)))

    async def _topics(self, request: Request) -> Response:
        _, found = self._face.visible(request)
        return self._face.answer(request, {"names": found.topics})

    async def _set_topics(self, request: Request) -> Response:
        found = self._face.permitted(request, _PERMISSION, writes=True)
        asked = await object_in(request)
        demand(asked, {"names": ("array",)}, required=("names",))
        names = asked["names"]
        at_most(_MOST_TOPICS, len(names), "item", "items")
        if not all(isinstance(one, str) and _TOPIC.fullmatch(one.lower()) for one in names):
            raise Refusal(422, "Validation Failed")
        found.topics = [one.lower() for one in names]
        return self._face.answer(request, {"names": found.topics})
