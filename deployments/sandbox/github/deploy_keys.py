"""Deploy keys of the GitHub sandbox: public SSH keys of one repository, which are replaced and never changed.

From GitHub's OpenAPI description (23.0.2: deploy keys); the texts that refuse a key are those of public reports. No key
is looked at beyond its form.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import timestamp

_KEY = re.compile(r"(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp(?:256|384|521)|sk-\S+) (?P<body>[A-Za-z0-9+/]+=*)(?: .*)?")
_PERMISSION = "administration"


class DeployKeys:
    """Their list, and one by its number."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """All ask for "administration"."""
        every = "/repos/{owner}/{name}/keys"
        one = every + "/{key:int}"
        return [
            Route(every, self._list),
            Route(every, self._add, methods=["POST"]),
            Route(one, self._get),
            Route(one, self._delete, methods=["DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        found = self._face.permitted(request, _PERMISSION, writes=False)
        chosen, headers = paged(request, list(found.deploy_keys.values()))
        return self._face.answer(request, chosen, headers=headers)

    async def _get(self, request: Request) -> Response:
        found = self._face.permitted(request, _PERMISSION, writes=False)
        return self._face.answer(request, _kept(found.deploy_keys, request))

    async def _add(self, request: Request) -> Response:
        found, asked = self._face.permitted(request, _PERMISSION, writes=True), await object_in(request)
        demand(asked, {}, required=("key",))
        body = key_body(asked["key"])
        if body is None:
            raise invalid_key("key is invalid. You must supply a key in OpenSSH public key format")
        # A deploy key is in use once in all of GitHub.
        if any(key_body(one["key"]) == body for repository in self._every() for one in repository.values()):
            raise invalid_key("key is already in use")
        number = secrets.randbelow(10**8) + 1
        base = str(request.base_url)
        made = {
            "id": number,
            # The comment behind a key is not kept.
            "key": " ".join(str(asked["key"]).split()[:2]),
            "url": f"{base}repos/{found.full_name}/keys/{number}",
            "title": str(asked.get("title") or ""),
            "verified": True,
            "created_at": timestamp(time.time()),
            "read_only": asked.get("read_only") is True,
            "added_by": looks.PERSON,
            "last_used": None,
            "enabled": True,
        }
        found.deploy_keys[number] = made
        return self._face.answer(request, made, 201, headers={"Location": str(made["url"])})

    async def _delete(self, request: Request) -> Response:
        found = self._face.permitted(request, _PERMISSION, writes=True)
        del found.deploy_keys[_kept(found.deploy_keys, request)["id"]]
        return self._face.answer(request, None, 204)

    def _every(self) -> list[dict[int, dict[str, Any]]]:
        return [one.deploy_keys for one in self._face.estate.repositories.values()]


def _kept(keys: dict[int, dict[str, Any]], request: Request) -> dict[str, Any]:
    found = keys.get(request.path_params["key"])
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def key_body(key: Any) -> str | None:
    """What a public SSH key holds; None for what is none."""
    read = _KEY.fullmatch(key.strip()) if isinstance(key, str) else None
    return read["body"] if read else None


def invalid_key(message: str) -> Refusal:
    """The refusal of a key."""
    error = {"resource": "PublicKey", "code": "custom", "field": "key", "message": message}
    return Refusal(422, "Validation Failed", errors=[error])
