"""Machine identities of the simulated vault over the API: made, listed, read, renamed and deleted.

From the vault's own source (identity-router.ts, read 2026-11-29). Only an identity that manages identities may. One is
made without a way to log in, and the tokens of one that is deleted end (identity-access-token-redesign.spec.ts). There
is one organization: another one is refused, in words that are inferred.
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
from deployments.sandbox.infisical.identity import Identity
from deployments.sandbox.infisical.rows import iso
from deployments.sandbox.infisical.state import Refusal, Vault
from deployments.sandbox.infisical.universal_auth import managed, refuse_stranger

_BASE = "/api/v1/identities"
_ROLE = "no-access"
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class Identities:
    """Their routes. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, auth: Auth, closed: _Closed) -> None:
        self._vault = vault
        self._auth = auth
        self._closed = closed

    def routes(self) -> list[Route]:
        """All, the more particular ones first."""
        one = f"{_BASE}/{{identity}}"
        found = []
        if self._vault.is_current:
            found.append(Route(f"{_BASE}/details", self._closed("read", self._details)))
        return [
            *found,
            Route(_BASE, self._closed("read", self._list)),
            Route(_BASE, self._closed("write", self._make), methods=["POST"]),
            Route(one, self._closed("read", self._get)),
            Route(one, self._closed("write", self._change), methods=["PATCH"]),
            Route(one, self._closed("write", self._delete), methods=["DELETE"]),
        ]

    async def _details(self, _: Call) -> Any:
        """To whose organization the token belongs: how the vault's command line looks whether it is valid."""
        organization = {"id": self._vault.organization_id, "name": "raxx", "slug": "raxx"}
        return {"identityDetails": {"organization": organization}}

    async def _list(self, call: Call) -> Any:
        organization = call.fields.text("orgId")
        call.fields.check()
        refuse_stranger(call, "read")
        self._refuse_other(organization)
        rows = [self._membership(one) for one in self._vault.identities.values()]
        return {"identities": rows, "totalCount": len(rows)}

    async def _make(self, call: Call) -> Any:
        name, organization = call.fields.text("name"), call.fields.text("organizationId")
        role = call.fields.filled("role") if call.fields.has("role") else _ROLE
        call.fields.check()
        refuse_stranger(call, "create")
        self._refuse_other(organization)
        made = Identity(made_up.identifier(), made_up.identifier(), [], {}, name=name, has_universal_auth=False)
        made.role, made.manages_identities = role, role == "admin"
        self._vault.identities[made.client_id] = made
        return {"identity": self._shown(made)}

    async def _get(self, call: Call) -> Any:
        return {"identity": {**self._membership(managed(self._vault, call, "read")), "metadata": []}}

    async def _change(self, call: Call) -> Any:
        name = call.fields.optional("name")
        role = call.fields.filled("role") if call.fields.has("role") else None
        call.fields.check()
        identity = managed(self._vault, call, "edit")
        identity.name = name if name is not None else identity.name
        if role is not None:
            identity.role, identity.manages_identities = role, role == "admin"
        return {"identity": self._shown(identity)}

    async def _delete(self, call: Call) -> Any:
        identity = managed(self._vault, call, "delete")
        shown = self._shown(identity)
        self._auth.end_tokens(identity, "identity tokens have been revoked")
        identity.has_universal_auth = False
        del self._vault.identities[identity.client_id]
        return {"identity": shown}

    def _refuse_other(self, organization: str) -> None:
        if organization != self._vault.organization_id:
            raise Refusal(403, "Forbidden", "You are not a member of this organization")

    def _shown(self, identity: Identity) -> dict[str, Any]:
        moment = iso(identity.created_at)
        methods = ["universal-auth"] if identity.has_universal_auth else []
        shown = {"id": identity.id, "name": identity.name, "createdAt": moment, "updatedAt": moment}
        if not self._vault.is_current:
            return {**shown, "authMethod": methods[0] if methods else None}
        newer = {"hasDeleteProtection": False, "orgId": self._vault.organization_id, "projectId": None}
        return {**shown, "authMethod": None, **newer, "authMethods": methods}

    def _membership(self, identity: Identity) -> dict[str, Any]:
        shown, moment = self._shown(identity), iso(identity.created_at)
        names = ("id", "name", "authMethods" if self._vault.is_current else "authMethod")
        return {
            "id": f"membership-{identity.id}",
            "role": identity.role,
            "roleId": None,
            "orgId": self._vault.organization_id,
            "identityId": identity.id,
            "createdAt": moment,
            "updatedAt": moment,
            "identity": {name: shown[name] for name in names},
        }
