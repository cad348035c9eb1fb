"""Which identities are members of a project of the simulated vault, and in which role.

From the vault's own source (identity-project-router.ts and its service, read 2026-11-29). What a role permits is kept
as rights: an admin and a member may all that there is here, a viewer may read. That a role is for a time is ignored,
and in which words an unknown one is refused is inferred.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.identity import Identity
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import iso
from deployments.sandbox.infisical.state import Refusal, Vault
from deployments.sandbox.infisical.universal_auth import managed, refuse_stranger

RIGHTS = frozenset({"read", "edit", "create", "delete", "secret-syncs", "integrations", "tags", "environments"})
_ROLES = {"admin": RIGHTS, "member": RIGHTS, "viewer": frozenset({"read"}), "no-access": frozenset[str]()}
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class Memberships:
    """Their routes. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self) -> list[Route]:
        """All below a project."""
        base = "/api/v2/workspace/{project_id}/identity-memberships"
        one = f"{base}/{{identity}}"
        return [
            Route(base, self._closed("read", self._list)),
            Route(one, self._closed("read", self._get)),
            Route(one, self._closed("write", self._add), methods=["POST"]),
            Route(one, self._closed("write", self._change), methods=["PATCH"]),
            Route(one, self._closed("write", self._remove), methods=["DELETE"]),
        ]

    async def _list(self, call: Call) -> Any:
        refuse_stranger(call, "read")
        project = self._project(call)
        members = [one for one in self._vault.identities.values() if project.id in one.rights]
        return {"identityMemberships": [self._shown(project, one) for one in members]}

    async def _get(self, call: Call) -> Any:
        project, identity = self._member(call, "read")
        return {"identityMembership": self._shown(project, identity)}

    async def _add(self, call: Call) -> Any:
        roles = _roles(call)
        call.fields.check()
        identity, project = managed(self._vault, call, "create"), self._project(call)
        if project.id in identity.rights:
            exists = f"Identity with ID {identity.id} already exists in project with ID {project.id}"
            raise Refusal(400, "BadRequest", exists)
        identity.rights[project.id] = _rights_of(roles)
        return {"identityMembership": _bare(project, identity)}

    async def _change(self, call: Call) -> Any:
        roles = _roles(call)
        call.fields.check()
        project, identity = self._member(call, "edit")
        identity.rights[project.id] = _rights_of(roles)
        return {"roles": [{"id": f"role-{role}", "role": role, "isTemporary": False} for role in roles]}

    async def _remove(self, call: Call) -> Any:
        project, identity = self._member(call, "delete")
        del identity.rights[project.id]
        return {"identityMembership": _bare(project, identity)}

    def _project(self, call: Call) -> Project:
        return reads.own_project(self._vault, call.identity, str(call.request.path_params["project_id"]))

    def _member(self, call: Call, right: str) -> tuple[Project, Identity]:
        identity, project = managed(self._vault, call, right), self._project(call)
        if project.id not in identity.rights:
            missing = f"Identity with ID '{identity.id}' not found in project with ID '{project.id}'"
            raise Refusal(404, "NotFound", missing)
        return project, identity

    def _shown(self, project: Project, identity: Identity) -> dict[str, Any]:
        role = next((name for name, rights in _ROLES.items() if rights == identity.rights[project.id]), "custom")
        methods = ["universal-auth"] if identity.has_universal_auth else []
        told = {"authMethods": methods} if self._vault.is_current else {"authMethod": next(iter(methods), None)}
        return {
            **_bare(project, identity),
            "roles": [{"id": f"role-{role}", "role": role, "isTemporary": False}],
            "identity": {"id": identity.id, "name": identity.name, **told},
        }


def _bare(project: Project, identity: Identity) -> dict[str, Any]:
    moment = iso(identity.created_at)
    named = {"id": f"membership-{identity.id}", "projectId": project.id, "identityId": identity.id}
    return {**named, "createdAt": moment, "updatedAt": moment}


def _roles(call: Call) -> list[str]:
    """One in ``role``, or several."""
    if call.fields.has("roles"):
        return [one.text("role") for one in call.fields.items("roles")]
    return [call.fields.optional("role") or "no-access"]


def _rights_of(roles: list[str]) -> set[str]:
    for role in roles:
        if role not in _ROLES:
            raise Refusal(404, "NotFound", f"Role with slug '{role}' not found")
    return {right for role in roles for right in _ROLES[role]}
