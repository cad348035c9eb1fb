"""Fine-grained tokens as an organization of the GitHub sandbox sees them, which only an app may ask (documented).

From GitHub's OpenAPI description (23.0.2: orgs, personal access tokens). A token that is for all repositories, or for
one of the organization, has access to it; whose access is taken away is a token still, and sees what is not the
organization's. Nobody has to ask for access here. Inferred: how whoever is no app is refused, and that what a token may
do is a matter of repositories unless its name says organization.
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import NOT_BY_APP, Refusal
from deployments.sandbox.github.store import timestamp
from deployments.sandbox.github.tokens import Token

_PERMISSION = "organization_personal_access_tokens"
_BEGINNING = "2026-01-01T12:00:00Z"
_ACTION = {"action": ("revoke",)}


class Grants:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """All of an organization's, and one."""
        every = "/orgs/{owner}/personal-access-tokens"
        one = every + "/{grant:int}"
        return [
            Route(every, self._list),
            Route(every, self._end_several, methods=["POST"]),
            Route(one, self._end, methods=["POST"]),
            Route(f"{one}/repositories", self._repositories),
            Route("/orgs/{owner}/personal-access-token-requests", self._none),
        ]

    def _asked(self, request: Request) -> str:
        """The organization, for an app that is installed there and may. Raises Refusal."""
        token = self._face.token(request)
        if token.installation is None:
            raise Refusal(403, NOT_BY_APP)
        return self._face.administered(request, _PERMISSION)

    def _of(self, owner: str) -> dict[int, Token]:
        """The tokens with access, by the number of it."""
        own = [one for one in self._face.estate.repositories.values() if one.owner.lower() == owner.lower()]
        return {
            _number(value, owner): token
            for value, token in self._face.estate.tokens.items()
            if token.scopes is None and token.installation is None and any(token.sees(one.full_name) for one in own)
        }

    async def _list(self, request: Request) -> Response:
        owner = self._asked(request)
        rows = [_shown(request, owner, number, token) for number, token in self._of(owner).items()]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, chosen, headers=headers)

    async def _end(self, request: Request) -> Response:
        owner, asked = self._asked(request), await object_in(request)
        demand(asked, {}, required=("action",), words=_ACTION)
        if request.path_params["grant"] not in self._of(owner):
            raise Refusal(404, "Not Found")
        self._take_away(owner, {request.path_params["grant"]})
        return self._face.answer(request, None, 204)

    async def _end_several(self, request: Request) -> Response:
        owner, asked = self._asked(request), await object_in(request)
        demand(asked, {"pat_ids": ("array",)}, required=("action", "pat_ids"), words=_ACTION)
        self._take_away(owner, {one for one in asked["pat_ids"] if isinstance(one, int)})
        return self._face.answer(request, {}, 202)

    def _take_away(self, owner: str, numbers: set[int]) -> None:
        tokens = self._face.estate.tokens
        for value in [value for value in tokens if _number(value, owner) in numbers]:
            tokens[value] = tokens[value].without(owner)

    async def _repositories(self, request: Request) -> Response:
        owner = self._asked(request)
        token = self._of(owner).get(request.path_params["grant"])
        if token is None:
            raise Refusal(404, "Not Found")
        base, every = str(request.base_url), self._face.estate.repositories.values()
        own = [one for one in every if one.owner.lower() == owner.lower() and token.sees(one.full_name)]
        chosen, headers = paged(request, [looks.repository(one, base) for one in own])
        return self._face.answer(request, chosen, headers=headers)

    async def _none(self, request: Request) -> Response:
        self._asked(request)
        return self._face.answer(request, [])


def _number(value: str, owner: str) -> int:
    """The number of a token's access to an organization, which stays the same."""
    return int.from_bytes(hashlib.sha256(f"{owner.lower()} {value}".encode()).digest()[:4])


def _shown(request: Request, owner: str, number: int, token: Token) -> dict[str, Any]:
    shared = {name: level for name, level in token.permissions.items() if name.startswith("organization_")}
    own = {name: level for name, level in token.permissions.items() if name not in shared}
    kinds = {"organization": {name.removeprefix("organization_"): level for name, level in shared.items()}}
    return {
        "id": number,
        "owner": looks.account(looks.PERSON, str(request.base_url)),
        "repository_selection": "all" if token.repositories is None else "subset",
        "repositories_url": f"{request.base_url}orgs/{owner}/personal-access-tokens/{number}/repositories",
        "permissions": {**kinds, "repository": own},
        "access_granted_at": _BEGINNING,
        "token_id": number,
        "token_name": f"token {number}",
        "token_expired": token.has_ended,
        "token_expires_at": None if token.ends_at is None else timestamp(token.ends_at),
        "token_last_used_at": None,
    }
