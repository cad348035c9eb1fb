"""How the simulated vault's identities log in: universal auth put on one, read, changed and taken away over the API.

From the vault's own source (identity-universal-auth-router.ts and its service, read 2026-11-27 and 2026-11-29). Its
locks came after 2024. Addresses from which a login or a token may come need a paid plan and are refused like without
one. Whoever loses it loses its client secrets and tokens: the database of 2024 deleted them along with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.infisical.auth import Auth
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.identity import Identity
from deployments.sandbox.infisical.input import Input
from deployments.sandbox.infisical.rows import iso
from deployments.sandbox.infisical.state import Refusal, Vault

BASE = "/api/v1/auth/universal-auth/identities/{identity}"
MOST_S = 315360000
_USUAL = {"accessTokenTTL": 2592000, "accessTokenMaxTTL": 2592000, "accessTokenNumUsesLimit": 0, "accessTokenPeriod": 0}
_LOCKS = {
    "lockoutThreshold": (1, 30),
    "lockoutDurationSeconds": (30, 86400),
    "lockoutCounterResetSeconds": (5, 3600),
}
_ADDRESSES = ("clientSecretTrustedIps", "accessTokenTrustedIps")
_EVERYWHERE = {"0.0.0.0/0", "::/0"}
_NO_PLAN = (
    "Failed to add IP access range to service token due to plan restriction. Upgrade plan to add IP access range."
)
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class UniversalAuth:
    """Its routes. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, auth: Auth, closed: _Closed) -> None:
        self._vault = vault
        self._auth = auth
        self._closed = closed

    def routes(self) -> list[Route]:
        """All of one identity."""
        found = [
            Route(BASE, self._closed("read", self._get)),
            Route(BASE, self._closed("write", self._attach), methods=["POST"]),
            Route(BASE, self._closed("write", self._change), methods=["PATCH"]),
            Route(BASE, self._closed("write", self._remove), methods=["DELETE"]),
        ]
        if self._vault.is_current:
            unlock = self._closed("write", self._unlock)
            found.append(Route(f"{BASE}/clear-lockouts", unlock, methods=["POST"]))
        return found

    async def _get(self, call: Call) -> Any:
        return self._told(_configured(managed(self._vault, call, "read")))

    async def _attach(self, call: Call) -> Any:
        settings, addresses = self._settings(call.fields)
        settings = {**_USUAL, **settings}
        if settings["accessTokenTTL"] > settings["accessTokenMaxTTL"]:
            call.fields.refuse_whole("Access Token TTL cannot be greater than Access Token Max TTL.")
        call.fields.check()
        identity = managed(self._vault, call, "create")
        if identity.has_universal_auth:
            raise Refusal(400, "BadRequest", "Failed to add universal auth to already configured identity")
        _refuse_addresses(addresses)
        del self._vault.identities[identity.client_id]
        identity.client_id, identity.has_universal_auth = made_up.identifier(), True
        identity.client_secrets, identity.settings = [], settings
        self._vault.identities[identity.client_id] = identity
        return self._told(identity)

    async def _change(self, call: Call) -> Any:
        settings, addresses = self._settings(call.fields)
        ttl_s, max_ttl_s = (settings.get(name) for name in ("accessTokenTTL", "accessTokenMaxTTL"))
        if ttl_s and max_ttl_s and ttl_s > max_ttl_s:
            call.fields.refuse_whole("Access Token TTL cannot be greater than Access Token Max TTL.")
        call.fields.check()
        identity = _configured(managed(self._vault, call, "edit"))
        longest_s = max_ttl_s or self._vault.setting(identity, "accessTokenMaxTTL")
        if 0 < longest_s < (ttl_s or longest_s):
            raise Refusal(400, "BadRequest", "Access token TTL cannot be greater than max TTL")
        _refuse_addresses(addresses)
        identity.settings.update(settings)
        return self._told(identity)

    async def _remove(self, call: Call) -> Any:
        identity = with_universal_auth(managed(self._vault, call, "edit"))
        told = self._told(identity)
        identity.has_universal_auth = False
        self._auth.end_tokens(identity, "auth method has been revoked")
        return told

    async def _unlock(self, call: Call) -> Any:
        identity = with_universal_auth(managed(self._vault, call, "edit"))
        deleted = int(bool(identity.failures))
        identity.failures, identity.failed_at, identity.locked_until = 0, 0.0, 0.0
        return {"deleted": deleted}

    def _settings(self, fields: Input) -> tuple[dict[str, Any], list[str]]:
        """Those that are sent, and the addresses that may."""
        found: dict[str, Any] = {name: fields.whole(name, MOST_S) for name in _USUAL if fields.has(name)}
        if self._vault.is_current:
            bounded = {name: fields.between(name, *bounds) for name, bounds in _LOCKS.items()}
            found |= {name: value for name, value in bounded.items() if value is not None}
            if fields.has("lockoutEnabled"):
                found["lockoutEnabled"] = fields.switch("lockoutEnabled", nullable=False)
        sent = [name for name in _ADDRESSES if fields.has(name)]
        return found, [one.text("ipAddress") for name in sent for one in fields.items(name)]

    def _told(self, identity: Identity) -> dict[str, Any]:
        return {"identityUniversalAuth": _shown(self._vault, identity)}


def managed(vault: Vault, call: Call, right: str) -> Identity:
    """The identity that the path names. Raises Refusal: for one that is not there, or for who may not."""
    wanted = str(call.request.path_params["identity"])
    refuse_stranger(call, right)
    for identity in vault.identities.values():
        if identity.id == wanted:
            return identity
    raise missing(wanted)


def refuse_stranger(call: Call, right: str) -> None:
    """Raise Refusal unless whoever asks manages identities."""
    if not call.identity.manages_identities:
        raise Refusal(403, "PermissionDenied", f"You are not allowed to {right} on identity")


def missing(identity_id: str) -> Refusal:
    """There is no such identity."""
    return Refusal(404, "NotFound", f"Failed to find identity with ID {identity_id}")


def with_universal_auth(identity: Identity) -> Identity:
    """An identity that has it, as it is. Raises Refusal for one that has not."""
    if identity.has_universal_auth:
        return identity
    raise Refusal(400, "BadRequest", "The identity does not have universal auth")


def _configured(identity: Identity) -> Identity:
    if identity.has_universal_auth:
        return identity
    raise Refusal(404, "NotFound", f"Failed to find universal auth for identity with ID {identity.id}")


def _refuse_addresses(addresses: list[str]) -> None:
    if not _EVERYWHERE.issuperset(addresses):
        raise Refusal(400, "BadRequest", _NO_PLAN)


def _shown(vault: Vault, identity: Identity) -> dict[str, Any]:
    """How an identity logs in (the vault's own schema); its lock came after 2024."""
    moment = iso(identity.created_at)
    everywhere = [
        {"type": f"ipv{kind}", "prefix": 0, "ipAddress": ip_address(bytes(size)).compressed}
        for kind, size in ((4, 4), (6, 16))
    ]
    numbers = {name: int(vault.setting(identity, name)) for name in _USUAL}
    shown = {
        "id": identity.id,
        "clientId": identity.client_id,
        **numbers,
        "clientSecretTrustedIps": everywhere,
        "accessTokenTrustedIps": everywhere,
        "createdAt": moment,
        "updatedAt": moment,
        "identityId": identity.id,
    }
    lock = {name: int(vault.setting(identity, name)) for name in _LOCKS}
    is_locking = {"lockoutEnabled": vault.setting(identity, "lockoutEnabled")}
    return {**shown, **is_locking, **lock} if vault.is_current else shown
