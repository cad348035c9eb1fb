"""Accounts of the GitHub sandbox: one person, whose every token is, and the organizations that have something.

From GitHub's OpenAPI description (23.0.2: users, orgs). Whoever asks may see an account, with or without a token. A
private organization's existence is no secret, as everywhere at GitHub; of members the person is the only one.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal


class Accounts:
    """The routes of persons and organizations."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Who asks, whoever is named, and organizations with their members."""
        return [
            Route("/user", self._user),
            Route("/user/orgs", self._own_organizations),
            Route("/user/memberships/orgs/{owner}", self._membership),
            Route("/users/{login}", self._account),
            Route("/orgs/{owner}", self._organization),
            Route("/orgs/{owner}/members", self._members),
            Route("/orgs/{owner}/public_members", self._members),
            Route("/repos/{owner}/{name}/collaborators/{login}/permission", self._permission),
        ]

    async def _user(self, request: Request) -> Response:
        self._face.token(request)
        base, mine = str(request.base_url), [one for one in self._face.estate.repositories.values() if one.private]
        more = {"total_private_repos": len(mine), "owned_private_repos": 0, "private_gists": 0, "disk_usage": 0}
        known = {"collaborators": 0, "two_factor_authentication": True}
        return self._face.answer(request, {**looks.profile(looks.PERSON, base), "url": f"{base}user", **more, **known})

    async def _account(self, request: Request) -> Response:
        self._face.visitor(request)
        login = str(request.path_params["login"])
        if login.lower() == looks.PERSON:
            return self._face.answer(request, looks.profile(looks.PERSON, str(request.base_url)))
        return self._face.answer(request, looks.profile(self._spelled(login), str(request.base_url)))

    async def _organization(self, request: Request) -> Response:
        self._face.visitor(request)
        owner = self._spelled(str(request.path_params["owner"]))
        owned = [one for one in self._face.estate.repositories.values() if one.owner == owner]
        return self._face.answer(request, looks.organization(owner, str(request.base_url), owned))

    async def _own_organizations(self, request: Request) -> Response:
        self._face.token(request)
        base, kept = str(request.base_url), ("login", "id", "node_id", "avatar_url")
        every = {one.owner: None for one in self._face.estate.repositories.values()}
        rows = [
            {name: value for name, value in looks.organization(one, base, []).items() if name in kept or "url" in name}
            | {"description": None}
            for one in every
        ]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, chosen, headers=headers)

    async def _membership(self, request: Request) -> Response:
        self._face.token(request)
        base, owner = str(request.base_url), self._spelled(str(request.path_params["owner"]))
        shown = {"url": f"{base}orgs/{owner}/memberships/{looks.PERSON}", "state": "active", "role": "admin"}
        of = {"organization_url": f"{base}orgs/{owner}", "organization": looks.organization(owner, base, [])}
        return self._face.answer(request, {**shown, **of, "user": looks.account(looks.PERSON, base)})

    async def _members(self, request: Request) -> Response:
        self._face.visitor(request)
        self._spelled(str(request.path_params["owner"]))
        chosen, headers = paged(request, [looks.account(looks.PERSON, str(request.base_url))])
        return self._face.answer(request, chosen, headers=headers)

    async def _permission(self, request: Request) -> Response:
        """Of the person, who administers everything; nobody else has any."""
        self._face.visible(request)
        self._face.token(request)
        if str(request.path_params["login"]).lower() != looks.PERSON:
            raise Refusal(404, "Not Found")
        user = {**looks.account(looks.PERSON, str(request.base_url)), "role_name": "admin"}
        return self._face.answer(request, {"permission": "admin", "role_name": "admin", "user": user})

    def _spelled(self, owner: str) -> str:
        """The organization's name as it is written where it is known first. Raises Refusal."""
        if not self._face.estate.has_organization(owner):
            raise Refusal(404, "Not Found")
        named = (one.owner for one in self._face.estate.repositories.values() if one.owner.lower() == owner.lower())
        return next(named, owner)
