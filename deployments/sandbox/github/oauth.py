"""OAuth apps of the GitHub sandbox: an app looks at the tokens that people gave it, replaces one, and ends them.

From GitHub's OpenAPI description (23.0.2: apps, "Check a token", "Reset a token", "Delete an app token" and "Delete an
app authorization"), which has the statuses too. The app presents its id and its secret as Basic (documented). Nobody
consents here: the sandbox is told of tokens. Inferred: how a wrong secret is refused, and that a token which nobody
knows is as wrong a value.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Estate, timestamp
from deployments.sandbox.github.tokens import Token


@dataclass(slots=True)
class _Given:
    """A token that a person gave an app: its number stays the same when it is replaced."""

    id: int
    scopes: tuple[str, ...]
    created_at: float
    updated_at: float


@dataclass(slots=True)
class OAuthApp:
    """One of them, with what it was given by token."""

    client_id: str
    name: str
    secret: str = field(repr=False)
    given: dict[str, _Given] = field(default_factory=dict, repr=False)

    def take(self, estate: Estate, scopes: tuple[str, ...]) -> str:
        """A person's consent: a token with these scopes."""
        value, now = made_up.token("gho_", 36), time.time()
        self.given[value] = _Given(secrets.randbelow(10**8) + 1, scopes, now, now)
        estate.tokens[value] = Token({}, scopes, None)
        return value


def new_oauth_app(name: str) -> OAuthApp:
    """An app that nobody gave anything yet."""
    return OAuthApp(f"Ov23li{secrets.token_hex(7)}", name, made_up.hexadecimal(40))


class OAuth:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Of a token, and of everything that a person gave the app."""
        base = "/applications/{client}"
        return [
            Route(f"{base}/token", self._check, methods=["POST"]),
            Route(f"{base}/token", self._reset, methods=["PATCH"]),
            Route(f"{base}/token", self._delete, methods=["DELETE"]),
            Route(f"{base}/grant", self._delete_all, methods=["DELETE"]),
        ]

    def _asking(self, request: Request) -> OAuthApp:
        found: OAuthApp | None = self._face.estate.oauth_apps.get(request.path_params["client"])
        name, secret = _basic(request.headers.get("authorization", ""))
        if found is None or name not in {"", found.client_id}:
            raise Refusal(404, "Not Found")
        if not secrets.compare_digest(secret.encode(), found.secret.encode()):
            raise Refusal(401, "Bad credentials")
        return found

    async def _named(self, request: Request, unknown: Refusal) -> tuple[OAuthApp, str]:
        app, asked = self._asking(request), await object_in(request)
        demand(asked, {"access_token": ("string",)}, required=("access_token",))
        if asked["access_token"] not in app.given or asked["access_token"] not in self._face.estate.tokens:
            raise unknown
        return app, asked["access_token"]

    async def _check(self, request: Request) -> Response:
        app, token = await self._named(request, Refusal(404, "Not Found"))
        return self._face.answer(request, _shown(app, token, str(request.base_url)))

    async def _reset(self, request: Request) -> Response:
        """Another token takes the place of the one that was presented, which ends at once."""
        app, token = await self._named(request, Refusal(422, "Validation Failed"))
        value, given, tokens = made_up.token("gho_", 36), app.given.pop(token), self._face.estate.tokens
        app.given[value], tokens[value] = given, tokens.pop(token)
        given.updated_at = time.time()
        return self._face.answer(request, _shown(app, value, str(request.base_url)))

    async def _delete(self, request: Request) -> Response:
        app, token = await self._named(request, Refusal(422, "Validation Failed"))
        del app.given[token], self._face.estate.tokens[token]
        return self._face.answer(request, None, 204)

    async def _delete_all(self, request: Request) -> Response:
        app, _ = await self._named(request, Refusal(422, "Validation Failed"))
        for token in app.given:
            self._face.estate.tokens.pop(token, None)
        app.given.clear()
        return self._face.answer(request, None, 204)


def _basic(authorization: str) -> tuple[str, str]:
    kind, _, value = authorization.partition(" ")
    try:
        name, _, secret = base64.b64decode(value if kind.lower() == "basic" else "").decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def _shown(app: OAuthApp, token: str, base_url: str) -> dict[str, Any]:
    given = app.given[token]
    return {
        "id": given.id,
        "url": f"{base_url}authorizations/{given.id}",
        "scopes": list(given.scopes),
        "token": token,
        "token_last_eight": token[-8:],
        "hashed_token": hashlib.sha256(token.encode()).hexdigest(),
        "app": {"name": app.name, "url": "https://example.com", "client_id": app.client_id},
        **dict.fromkeys(("note", "note_url", "fingerprint", "expires_at")),
        "created_at": timestamp(given.created_at),
        "updated_at": timestamp(given.updated_at),
        "user": looks.account(looks.PERSON, base_url),
    }
