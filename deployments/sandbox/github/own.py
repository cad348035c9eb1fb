"""What is the person's own at the GitHub sandbox: SSH keys, an address, and in which organizations it is.

From GitHub's OpenAPI description (23.0.2: users, "Git SSH keys" and "Emails"); the texts that refuse a key are those of
a deploy key. Inferred: that it must not be one of a repository either.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.deploy_keys import invalid_key, key_body
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import timestamp

_ADDRESS = {"email": "sandbox@example.com", "primary": True, "verified": True, "visibility": "public"}


class Own:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face
        # As they are shown, by their number.
        self._keys: dict[int, dict[str, Any]] = {}

    def routes(self) -> list[Route]:
        """Keys, as the person and as everybody sees them, and the address."""
        return [
            Route("/user/keys", self._list),
            Route("/user/keys", self._add, methods=["POST"]),
            Route("/user/keys/{key:int}", self._get),
            Route("/user/keys/{key:int}", self._delete, methods=["DELETE"]),
            Route("/users/{login}/keys", self._public),
            Route("/user/emails", self._addresses),
            Route("/user/memberships/orgs", self._memberships),
        ]

    async def _list(self, request: Request) -> Response:
        self._face.token(request)
        chosen, headers = paged(request, list(self._keys.values()))
        return self._face.answer(request, chosen, headers=headers)

    async def _add(self, request: Request) -> Response:
        self._face.token(request)
        asked = await object_in(request)
        demand(asked, {}, required=("key",))
        body = key_body(asked["key"])
        if body is None:
            raise invalid_key("key is invalid. You must supply a key in OpenSSH public key format")
        of_repositories = [one for each in self._face.estate.repositories.values() for one in each.deploy_keys.values()]
        if any(key_body(one["key"]) == body for one in (*self._keys.values(), *of_repositories)):
            raise invalid_key("key is already in use")
        number = secrets.randbelow(10**8) + 1
        made = {
            "id": number,
            "key": " ".join(str(asked["key"]).split()[:2]),
            "url": f"{request.base_url}user/keys/{number}",
            "title": str(asked.get("title") or ""),
            "verified": True,
            "created_at": timestamp(time.time()),
            "read_only": False,
            "last_used": None,
        }
        self._keys[number] = made
        return self._face.answer(request, made, 201, headers={"Location": str(made["url"])})

    async def _get(self, request: Request) -> Response:
        return self._face.answer(request, self._named(request))

    async def _delete(self, request: Request) -> Response:
        del self._keys[self._named(request)["id"]]
        return self._face.answer(request, None, 204)

    def _named(self, request: Request) -> dict[str, Any]:
        self._face.token(request)
        found = self._keys.get(request.path_params["key"])
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    async def _public(self, request: Request) -> Response:
        self._face.visitor(request)
        is_person = str(request.path_params["login"]).lower() == looks.PERSON
        rows = [{"id": one["id"], "key": one["key"]} for one in self._keys.values() if is_person]
        return self._face.answer(request, rows)

    async def _addresses(self, request: Request) -> Response:
        self._face.token(request)
        return self._face.answer(request, [_ADDRESS])

    async def _memberships(self, request: Request) -> Response:
        self._face.token(request)
        base, owners = str(request.base_url), {one.owner: None for one in self._face.estate.repositories.values()}
        rows = [
            {
                "url": f"{base}orgs/{owner}/memberships/{looks.PERSON}",
                "state": "active",
                "role": "admin",
                "organization_url": f"{base}orgs/{owner}",
                "organization": looks.organization(owner, base, []),
                "user": looks.account(looks.PERSON, base),
            }
            for owner in owners
            if owner != looks.PERSON
        ]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, chosen, headers=headers)
