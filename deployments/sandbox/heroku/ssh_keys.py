"""SSH keys of an account of the simulated Heroku.

From the official schema (heroku/platform-api 4f4f592: key), which has the reading alone, and from what `heroku
keys:add`, `keys:remove` and heroku3 send to make and end them. A key is named by its id or fingerprint. Inferred: that
a key is there once only, and both texts that refuse one. Nothing can be done with a key here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier

_Act = Callable[[Request], Awaitable[Response]]
_Row = dict[str, Any]
_KEY = re.compile(r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+) (?P<body>[A-Za-z0-9+/]+=*)(?: (?P<comment>.*))?")


class SshKeys:
    """Their routes."""

    def __init__(self) -> None:
        # By the address of whose they are, as they are shown.
        self._keys: dict[str, list[_Row]] = {}

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        every, one = "/account/keys", "/account/keys/{key}"
        return [
            (every, self._list, "GET"),
            (every, self._add, "POST"),
            (one, self._get, "GET"),
            (one, self._remove, "DELETE"),
        ]

    def _own(self, request: Request) -> list[_Row]:
        return self._keys.setdefault(request.state.email, [])

    async def _list(self, request: Request) -> Response:
        return wire.answer(request, self._own(request))

    async def _add(self, request: Request) -> Response:
        asked = wire.json_of(await request.body()).get("public_key")
        found = _KEY.fullmatch(asked.strip()) if isinstance(asked, str) else None
        if found is None:
            raise HerokuError(422, "invalid_params", "Public key is invalid")
        fingerprint = _fingerprint(found["body"])
        if any(one["fingerprint"] == fingerprint for rows in self._keys.values() for one in rows):
            raise HerokuError(422, "invalid_params", "Fingerprint has already been taken")
        now, comment = wire.when(datetime.now(UTC)), found["comment"] or request.state.email
        made = {
            "id": identifier(),
            "public_key": found[0],
            "fingerprint": fingerprint,
            "comment": comment,
            "email": comment,
            "created_at": now,
            "updated_at": now,
        }
        self._own(request).append(made)
        return wire.answer(request, made, 201)

    async def _get(self, request: Request) -> Response:
        return wire.answer(request, self._named(request))

    async def _remove(self, request: Request) -> Response:
        found = self._named(request)
        self._own(request).remove(found)
        return wire.answer(request, found)

    def _named(self, request: Request) -> _Row:
        for one in self._own(request):
            if request.path_params["key"] in {one["id"], one["fingerprint"]}:
                return one
        raise HerokuError(404, "not_found", "Couldn't find that key.", resource="key")


def _fingerprint(body: str) -> str:
    """Of what the key holds, as ssh-keygen wrote it for a long time. Raises HerokuError."""
    try:
        digest = hashlib.md5(base64.b64decode(body), usedforsecurity=False).hexdigest()
    except binascii.Error:
        raise HerokuError(422, "invalid_params", "Public key is invalid") from None
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
