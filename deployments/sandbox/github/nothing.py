"""What the GitHub sandbox has none of, and clients list all the same: issues, pull requests, releases, teams.

From GitHub's OpenAPI description (23.0.2), with the permission that each list asks for; lists that everybody may read
who sees the repository ask for none. Nothing can be made of these.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.actions import BRANCH, COMMIT
from deployments.sandbox.github.code import demand_commit
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.rules import Refusal

_SEEN = ""
_ISSUES = ("issues", "issues/comments", "issues/events", "labels", "milestones")
_SEEN_BY_ALL = ("contributors", "events", "forks", "stargazers", "subscribers")
_OF_A_REPOSITORY = {
    **dict.fromkeys(_ISSUES, "issues"),
    **dict.fromkeys(("pulls", "pulls/comments"), "pull_requests"),
    **dict.fromkeys(("releases", "tags", "comments"), "contents"),
    **dict.fromkeys(("teams", "invitations", "autolinks"), "administration"),
    **dict.fromkeys(_SEEN_BY_ALL, _SEEN),
}
_NOT_THERE = ("releases/latest", "readme", "license")
_OF_AN_ORGANIZATION = (
    "teams",
    "outside_collaborators",
    "events",
    "issues",
    "invitations",
    "secret-scanning/alerts",
    "dependabot/alerts",
)
_OF_THE_PERSON = (
    "/user/followers",
    "/user/following",
    "/user/starred",
    "/user/subscriptions",
    "/user/teams",
    "/user/issues",
    "/user/repository_invitations",
    "/gists",
    "/issues",
    "/notifications",
)
_Handler = Callable[[Request], Awaitable[Response]]


class Nothing:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Of a repository, of its commit, of an organization and of the person."""
        repository, organization = "/repos/{owner}/{name}", "/orgs/{owner}"
        commit = f"{repository}/commits/{{wanted:path}}"
        return [
            *(Route(f"{repository}/{path}", self._none(permission)) for path, permission in _OF_A_REPOSITORY.items()),
            *(Route(f"{repository}/{path}", self._missing) for path in _NOT_THERE),
            Route(f"{repository}/languages", self._languages),
            Route(f"{repository}/collaborators", self._people),
            Route(f"{repository}/collaborators/{{login}}", self._is_there),
            Route(f"{repository}/assignees", self._people),
            Route(f"{commit}/comments", self._of_commit("contents")),
            Route(f"{commit}/pulls", self._of_commit("pull_requests")),
            Route(f"{commit}/branches-where-head", self._branches),
            *(Route(f"{organization}/{path}", self._of_organization) for path in _OF_AN_ORGANIZATION),
            *(Route(path, self._of_person) for path in _OF_THE_PERSON),
        ]

    def _none(self, permission: str) -> _Handler:
        async def listed(request: Request) -> Response:
            if permission == _SEEN:
                self._face.visible(request)
            else:
                self._face.permitted(request, permission, writes=False)
            return self._face.answer(request, [])

        return listed

    def _of_commit(self, permission: str) -> _Handler:
        async def listed(request: Request) -> Response:
            self._face.permitted(request, permission, writes=False)
            demand_commit(request)
            return self._face.answer(request, [])

        return listed

    async def _missing(self, request: Request) -> Response:
        self._face.permitted(request, "contents", writes=False)
        raise Refusal(404, "Not Found")

    async def _languages(self, request: Request) -> Response:
        self._face.visible(request)
        return self._face.answer(request, {})

    async def _people(self, request: Request) -> Response:
        """The only one that there is, who administers everything."""
        self._face.visible(request)
        self._face.token(request)
        rights = dict.fromkeys(("admin", "maintain", "push", "triage", "pull"), True)
        one: dict[str, Any] = looks.account(looks.PERSON, str(request.base_url))
        if request.url.path.endswith("/collaborators"):
            one = {**one, "permissions": rights, "role_name": "admin"}
        return self._face.answer(request, [one])

    async def _is_there(self, request: Request) -> Response:
        self._face.visible(request)
        self._face.token(request)
        if str(request.path_params["login"]).lower() != looks.PERSON:
            raise Refusal(404, "Not Found")
        return self._face.answer(request, None, 204)

    async def _branches(self, request: Request) -> Response:
        found = self._face.permitted(request, "contents", writes=False)
        demand_commit(request)
        url = f"{request.base_url}repos/{found.full_name}/commits/{COMMIT}"
        return self._face.answer(request, [{"name": BRANCH, "commit": {"sha": COMMIT, "url": url}, "protected": False}])

    async def _of_organization(self, request: Request) -> Response:
        self._face.token(request)
        if not self._face.estate.has_organization(request.path_params["owner"]):
            raise Refusal(404, "Not Found")
        return self._face.answer(request, [])

    async def _of_person(self, request: Request) -> Response:
        self._face.token(request)
        return self._face.answer(request, [])
