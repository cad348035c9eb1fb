"""Client secrets of the simulated vault's identities: made, listed, read and revoked over the API.

From the vault's own source (identity-universal-auth-router.ts and its service, read 2026-11-27, and
identity-access-token-service.ts, read 2026-11-29). Only an identity that manages identities may. Tokens that a secret
was exchanged for end with it today; in 2024 nothing ended them, and they outlived it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.infisical.auth import Auth
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.identity import ClientSecret, Identity
from deployments.sandbox.infisical.state import Vault
from deployments.sandbox.infisical.universal_auth import BASE, MOST_S, managed, missing, with_universal_auth

_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class ClientSecrets:
    """Their routes. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, auth: Auth, closed: _Closed) -> None:
        self._vault = vault
        self._auth = auth
        self._closed = closed

    def routes(self) -> list[Route]:
        """All below an identity."""
        base = f"{BASE}/client-secrets"
        return [
            Route(base, self._closed("read", self._list)),
            Route(base, self._closed("write", self._make), methods=["POST"]),
            Route(f"{base}/{{client_secret}}", self._closed("read", self._get)),
            Route(f"{base}/{{client_secret}}/revoke", self._closed("write", self._revoke), methods=["POST"]),
        ]

    async def _list(self, call: Call) -> Any:
        identity = self._managed(call, "read")
        # One that was revoked is not listed any more.
        return {"clientSecretData": [one.as_json(identity.id) for one in identity.client_secrets if not one.revoked]}

    async def _make(self, call: Call) -> Any:
        description = call.fields.optional("description") or ""
        uses, ttl_s = (call.fields.whole(name, MOST_S) for name in ("numUsesLimit", "ttl"))
        call.fields.check()
        identity = self._managed(call, "create")
        made = ClientSecret(made_up.hexadecimal(64), description, ttl_s, uses)
        identity.client_secrets.append(made)
        return {"clientSecret": made.value, "clientSecretData": made.as_json(identity.id)}

    async def _get(self, call: Call) -> Any:
        identity = self._managed(call, "read")
        return {"clientSecretData": _named(identity, call).as_json(identity.id)}

    async def _revoke(self, call: Call) -> Any:
        identity = self._managed(call, "delete")
        found = _named(identity, call)
        found.revoked = True
        if self._vault.is_current:
            self._auth.end_tokens(identity, "client secret has been revoked", found)
        return {"clientSecretData": found.as_json(identity.id)}

    def _managed(self, call: Call, right: str) -> Identity:
        return with_universal_auth(managed(self._vault, call, right))


def _named(identity: Identity, call: Call) -> ClientSecret:
    wanted = str(call.request.path_params["client_secret"])
    for one in identity.client_secrets:
        if one.id == wanted:
            return one
    # It is the identity that is said to be missing.
    raise missing(identity.id)
