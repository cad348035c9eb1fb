"""The simulated vault's routes of secrets, one by one and in batches, in both versions of the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical import write as writes
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.fields import changed_item, filters_of, new_item
from deployments.sandbox.infisical.state import Refusal, Vault

_MODES = ("ignore", "upsert", "failOnNotFound")
_TYPES = ("shared", "personal")
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class Secrets:
    """The routes of one version. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed, api: str) -> None:
        self._vault = vault
        self._closed = closed
        self._api = api

    def routes(self, base: str, batch: str) -> list[Route]:
        """All of them, the more particular ones first."""
        named = base + "/{name:path}"
        return [
            self._route(base, "GET", self._list),
            self._route(batch, "POST", self._create_many),
            self._route(batch, "PATCH", self._update_many),
            self._route(batch, "DELETE", self._delete_many),
            self._route(named, "GET", self._get),
            self._route(named, "POST", self._create),
            self._route(named, "PATCH", self._update),
            self._route(named, "DELETE", self._delete),
        ]

    def _route(self, path: str, method: str, handler: Callable[[Call], Awaitable[Any]]) -> Route:
        return Route(path, self._closed("secrets", handler), methods=[method])

    def _scoped(self, call: Call, right: str) -> reads.Scope:
        """Read the fields that say where, check all fields, then the project and the right."""
        fields, slug, project_id = call.fields, None, None
        # Reads take some as optional, for service tokens that know theirs; without one it is refused afterwards.
        if self._api == "v4":
            by_name = "name" in call.request.path_params
            is_needed = by_name or not call.is_query
            project_id = fields.text("projectId") if is_needed else fields.optional("projectId") or ""
        else:
            project_id = fields.optional("workspaceId")
            slug = fields.optional("workspaceSlug" if call.is_query else "projectSlug")
        environment = fields.optional("environment") if call.is_query else fields.text("environment")
        path = fields.secret_path()
        fields.check()
        if project_id is not None and call.is_query and not (environment and project_id):
            raise Refusal(400, "BadRequest", self._missing(call))
        project = reads.project_of(self._vault, call.identity, project_id=project_id, slug=slug)
        if not environment and call.is_query:
            raise Refusal(400, "BadRequest", self._missing(call))
        reads.permit(self._vault, call.identity, project, right)
        return reads.Scope(project, environment or "", path)

    def _missing(self, call: Call) -> str:
        if "name" in call.request.path_params:
            return "Missing environment"
        return f"Missing {'project' if self._vault.is_current else 'workspace'} id or environment"

    def _switches(self, call: Call) -> dict[str, bool]:
        """How secrets are to be shown. A server of 2024 does not know that values may be hidden.

        v4 follows references and shows imports unless it is told not to, and has another name for the latter (the
        vault's own openapi.yml and its command line, which says so, read 2026-11-29).
        """
        fields, is_v4 = call.fields, self._api == "v4"
        return {
            "view": not self._vault.is_current or fields.flag("viewSecretValue", default=True),
            "expand": fields.flag("expandSecretReferences", default=is_v4),
            "with_imports": fields.flag("includeImports" if is_v4 else "include_imports", default=is_v4),
        }

    async def _list(self, call: Call) -> Any:
        if self._api == "v4":
            # Identities have no personal secrets, whatever it says.
            call.fields.flag("includePersonalOverrides", default=False)
        switches = {**self._switches(call), "recursive": call.fields.flag("recursive", default=False)}
        filters = filters_of(call, is_current=self._vault.is_current)
        scope = self._scoped(call, "read")
        return reads.listed(self._vault, scope, lambda row: filters.shows(scope.project, row), **switches)

    async def _get(self, call: Call) -> Any:
        if self._vault.is_current and rest_of(call.request).startswith("id/"):
            return {"secret": reads.by_id(self._vault, call.identity, _name(call).removeprefix("id/"))}
        version = call.fields.number("version")
        switches = self._switches(call)
        personal = self._is_personal(call)
        scope = self._scoped(call, "read")
        if personal:
            raise Refusal(404, "NotFound", f"Secret with name '{_name(call)}' not found")
        return reads.named(self._vault, scope, _name(call), version=version, **switches)

    async def _create(self, call: Call) -> Any:
        # What the path says is checked before the body.
        call.fields.refuse_marks(_name(call), "secretName")
        call.fields.check()
        item = new_item(call.fields, _name(call), is_current=self._vault.is_current, has_reminder=True)
        scope = self._shared_scope(call, "create")
        writes.refuse_create(self._vault, scope, [item], batch=False)
        if self._vault.knobs.approval_policy:
            return writes.approval()
        await asyncio.sleep(self._vault.knobs.create_takes_s)
        return {"secret": writes.create(self._vault, scope, [item])[0]}

    async def _update(self, call: Call) -> Any:
        item = changed_item(call.fields, _name(call), is_current=self._vault.is_current)
        scope = self._shared_scope(call, "edit")
        writes.refuse_unknown_tags(scope, [item])
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secret": writes.update(self._vault, scope, item)}

    async def _delete(self, call: Call) -> Any:
        scope = self._shared_scope(call, "delete")
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secret": writes.delete(self._vault, scope, _name(call))}

    async def _create_many(self, call: Call) -> Any:
        items = [
            new_item(one, one.secret_name("secretKey"), is_current=self._vault.is_current, has_reminder=False)
            for one in call.fields.items("secrets")
        ]
        scope = self._scoped(call, "create")
        writes.refuse_create(self._vault, scope, items, batch=True)
        if self._vault.knobs.approval_policy:
            return writes.approval()
        await asyncio.sleep(self._vault.knobs.create_takes_s)
        return {"secrets": writes.create(self._vault, scope, writes.as_stored(self._vault, scope, items))}

    async def _update_many(self, call: Call) -> Any:
        items = [
            changed_item(one, one.secret_name("secretKey"), is_current=self._vault.is_current)
            for one in call.fields.items("secrets")
        ]
        # A server of 2024 does not know the field.
        mode = call.fields.choice("mode", _MODES, _MODES[-1]) if self._vault.is_current else _MODES[-1]
        scope = self._scoped(call, "edit")
        writes.refuse_unknown_tags(scope, items)
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secrets": writes.update_many(self._vault, scope, writes.as_stored(self._vault, scope, items), mode)}

    async def _delete_many(self, call: Call) -> Any:
        names = [fields.text("secretKey") for fields in call.fields.items("secrets")]
        scope = self._scoped(call, "delete")
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secrets": writes.delete_many(self._vault, scope, names)}

    def _shared_scope(self, call: Call, right: str) -> reads.Scope:
        personal = self._is_personal(call)
        scope = self._scoped(call, right)
        if personal:
            raise Refusal(400, "BadRequest", f"Must be user to {right} personal secret")
        return scope

    def _is_personal(self, call: Call) -> bool:
        return call.fields.choice("type", _TYPES, "shared") == "personal"


def rest_of(request: Request) -> str:
    """What the path has after its route's fixed beginning, as it came: a slash in a name is %2F there."""
    prefix = request.scope["route"].path.removesuffix("{name:path}")
    raw = bytes(request.scope["raw_path"]).decode("ascii", "replace").partition("?")[0]
    return raw.removeprefix(prefix)


def _name(call: Call) -> str:
    return str(call.request.path_params["name"])
