"""Client secrets of the simulated vault's identities: made, listed, read and revoked over the API.

From the vault's own source (identity-universal-auth-router.ts and its service, read 2026-11-27). Only an identity that
manages identities may. A token that a secret was exchanged for outlives the secret; that is inferred.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.infisical.auth import FAILURES_UNTIL_LOCK
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.rows import iso
from deployments.sandbox.infisical.state import ClientSecret, Identity, Refusal, Vault

_MOST_S = 315360000
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class ClientSecrets:
    """Their routes. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self) -> list[Route]:
        """All below an identity."""
        identity = "/api/v1/auth/universal-auth/identities/{identity}"
        base = f"{identity}/client-secrets"
        return [
            Route(identity, self._closed("read", self._settings)),
            Route(base, self._closed("read", self._list)),
            Route(base, self._closed("write", self._make), methods=["POST"]),
            Route(f"{base}/{{client_secret}}", self._closed("read", self._get)),
            Route(f"{base}/{{client_secret}}/revoke", self._closed("write", self._revoke), methods=["POST"]),
        ]

    async def _settings(self, call: Call) -> Any:
        return {"identityUniversalAuth": _settings_shown(self._vault, self._managed(call, "read"))}

    async def _list(self, call: Call) -> Any:
        identity = self._managed(call, "read")
        # One that was revoked is not listed any more.
        return {"clientSecretData": [one.as_json(identity.id) for one in identity.client_secrets if not one.revoked]}

    async def _make(self, call: Call) -> Any:
        description = call.fields.optional("description") or ""
        uses, ttl_s = (call.fields.whole(name, _MOST_S) for name in ("numUsesLimit", "ttl"))
        call.fields.check()
        identity = self._managed(call, "edit")
        made = ClientSecret(made_up.hexadecimal(64), description, ttl_s, uses)
        identity.client_secrets.append(made)
        return {"clientSecret": made.value, "clientSecretData": made.as_json(identity.id)}

    async def _get(self, call: Call) -> Any:
        identity = self._managed(call, "read")
        return {"clientSecretData": _named(identity, call).as_json(identity.id)}

    async def _revoke(self, call: Call) -> Any:
        identity = self._managed(call, "edit")
        found = _named(identity, call)
        found.revoked = True
        return {"clientSecretData": found.as_json(identity.id)}

    def _managed(self, call: Call, right: str) -> Identity:
        wanted = str(call.request.path_params["identity"])
        if not call.identity.manages_identities:
            raise Refusal(403, "PermissionDenied", f"You are not allowed to {right} on identity")
        for identity in self._vault.identities.values():
            if identity.id == wanted:
                return identity
        raise Refusal(404, "NotFound", f"Failed to find identity with ID {wanted}")


def _named(identity: Identity, call: Call) -> ClientSecret:
    wanted = str(call.request.path_params["client_secret"])
    for one in identity.client_secrets:
        if one.id == wanted:
            return one
    raise Refusal(404, "NotFound", f"Client secret with ID '{wanted}' not found")


def _settings_shown(vault: Vault, identity: Identity) -> dict[str, Any]:
    """How an identity logs in (the vault's own schema); its lock came after 2024."""
    moment = iso(min(one.created_at for one in identity.client_secrets))
    knobs = vault.knobs
    everywhere = [
        {"type": f"ipv{kind}", "prefix": 0, "ipAddress": ip_address(bytes(size)).compressed}
        for kind, size in ((4, 4), (6, 16))
    ]
    shown = {
        "id": identity.id,
        "clientId": identity.client_id,
        "accessTokenTTL": int(knobs.token_ttl_s),
        "accessTokenMaxTTL": int(knobs.token_max_ttl_s),
        "accessTokenNumUsesLimit": knobs.token_max_uses,
        "accessTokenPeriod": 0,
        "clientSecretTrustedIps": everywhere,
        "accessTokenTrustedIps": everywhere,
        "createdAt": moment,
        "updatedAt": moment,
        "identityId": identity.id,
    }
    lock = {
        "lockoutEnabled": knobs.lockout,
        "lockoutThreshold": FAILURES_UNTIL_LOCK,
        "lockoutDurationSeconds": int(knobs.lockout_s),
        "lockoutCounterResetSeconds": int(knobs.lockout_reset_s),
    }
    return {**shown, **lock} if vault.is_current else shown
