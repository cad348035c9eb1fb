"""The simulated vault's routes: who may, where, with which fields; the work is done elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical import write as writes
from deployments.sandbox.infisical.auth import Auth
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.client_secrets import ClientSecrets
from deployments.sandbox.infisical.folders import Folders
from deployments.sandbox.infisical.http import RateLimit, answered, body_of, no_route, refused
from deployments.sandbox.infisical.input import Input
from deployments.sandbox.infisical.state import Refusal, Vault

_MODES = ("failOnNotFound", "upsert", "ignore")


Handler = Callable[[Call], Awaitable[Any]]


class InfisicalRoutes:
    """Builds the routes of both API versions; v4 exists on servers of today only."""

    def __init__(self, vault: Vault, auth: Auth) -> None:
        self._vault = vault
        self._auth = auth
        self._rate = RateLimit(vault)

    def all(self) -> list[Route]:
        """Routes, the more particular ones first."""
        folders = Folders(self._vault, self._closed)
        found = [
            Route("/api/status", self._status),
            Route("/api/v1/workspace", self._closed("read", partial(self._projects, "workspaces"))),
            Route("/api/v1/auth/universal-auth/login", self._open(self._log_in), methods=["POST"]),
            Route("/api/v1/auth/token/renew", self._open(self._renew), methods=["POST"]),
            Route("/api/v1/auth/token/revoke", self._open(self._revoke), methods=["POST"]),
            Route("/api/v1/secret/{secret_id}/secret-versions", self._closed("secrets", self._versions)),
            *folders.routes("v1", "workspaceId"),
            *ClientSecrets(self._vault, self._closed).routes(),
            *self._secrets("v3", "/api/v3/secrets/raw", "/api/v3/secrets/batch/raw"),
        ]
        found.append(Route("/api/v1/workspace/{project_id}", self._closed("read", self._project)))
        listed = self._closed("read", self._integrations)
        found.append(Route("/api/v1/workspace/{project_id}/integrations", listed))
        if self._vault.is_current:
            found += folders.routes("v2", "projectId")
            found.append(Route("/api/v1/projects", self._closed("read", partial(self._projects, "projects"))))
            found.append(Route("/api/v1/secret-syncs", self._closed("read", self._syncs)))
            found += self._secrets("v4", "/api/v4/secrets", "/api/v4/secrets/batch")
        return found

    def _secrets(self, api: str, base: str, batch: str) -> list[Route]:
        def route(path: str, method: str, handler: Callable[[str, Call], Awaitable[Any]]) -> Route:
            async def handle(call: Call) -> Any:
                return await handler(api, call)

            return Route(path, self._closed("secrets", handle), methods=[method])

        named = base + "/{name:path}"
        return [
            route(base, "GET", self._list),
            route(batch, "POST", self._create_many),
            route(batch, "PATCH", self._update_many),
            route(batch, "DELETE", self._delete_many),
            route(named, "GET", self._get),
            route(named, "POST", self._create),
            route(named, "PATCH", self._update),
            route(named, "DELETE", self._delete),
        ]

    def _open(self, handler: Callable[[Input], Any]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                headers = self._rate.count(request.url.path, "write", _client(request))
                fields = Input(await body_of(request), self._vault.profile)
                return answered(request, handler(fields), headers)
            except Refusal as refusal:
                return refused(self._vault, refusal)

        return endpoint

    def _closed(self, kind: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if _has_a_slash_too_many(request):
                return await no_route(request, Exception())
            try:
                # Login first: requests that fail it are not counted.
                identity = self._auth.identity_of(request.headers.get("authorization"))
                headers = self._rate.count(f"{request.method} {request.scope['route'].path}", kind, _client(request))
                is_query = request.method in {"GET", "HEAD"}
                source: Any = dict(request.query_params) if is_query else await body_of(request)
                body = await handler(Call(request, identity, Input(source, self._vault.profile)))
                return answered(request, body, headers)
            except Refusal as refusal:
                return refused(self._vault, refusal)

        return endpoint

    def _log_in(self, fields: Input) -> Any:
        client_id, client_secret = fields.text("clientId"), fields.text("clientSecret")
        fields.check()
        return self._auth.log_in(client_id, client_secret)

    def _renew(self, fields: Input) -> Any:
        token = fields.text("accessToken")
        fields.check()
        return self._auth.renew(token)

    def _revoke(self, fields: Input) -> Any:
        token = fields.text("accessToken")
        fields.check()
        return self._auth.revoke(token)

    async def _versions(self, _: Call) -> Any:
        raise Refusal(403, "PermissionDenied", "You are not allowed to access this resource with this authentication")

    async def _status(self, request: Request) -> Response:
        """Whether the server lives; anybody may ask (read in its source, 2026-11-27)."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        flags = dict.fromkeys(("emailConfigured", "inviteOnlySignup", "secretScanningConfigured"), False)
        return answered(request, {"date": now, "message": "Ok", "redisConfigured": True, **flags}, {})

    async def _projects(self, name: str, call: Call) -> Any:
        own = [one for one in self._vault.projects.values() if one.id in call.identity.rights]
        return {name: [reads.project_shown(one) for one in own]}

    async def _project(self, call: Call) -> Any:
        project = reads.own_project(self._vault, call.identity, str(call.request.path_params["project_id"]))
        return {"workspace": reads.project_shown(project)}

    async def _syncs(self, call: Call) -> Any:
        project_id = call.fields.text("projectId")
        call.fields.check()
        project = reads.own_project(self._vault, call.identity, project_id)
        reads.permit(self._vault, call.identity, project, "read", "secret-syncs")
        return {"secretSyncs": [reads.sync_shown(one) for one in self._vault.syncs_of(project) if not one.native]}

    async def _integrations(self, call: Call) -> Any:
        project_id = str(call.request.path_params["project_id"])
        project = reads.own_project(self._vault, call.identity, project_id)
        reads.permit(self._vault, call.identity, project, "read", "integrations")
        return {"integrations": [reads.integration_shown(one) for one in self._vault.syncs_of(project) if one.native]}

    def _scoped(self, api: str, call: Call, right: str) -> reads.Scope:
        """Read the fields that say where, check all fields, then the project and the right."""
        slug = project_id = None
        if api == "v4":
            project_id = call.fields.text("projectId")
        else:
            project_id = call.fields.optional("workspaceId")
            slug = call.fields.optional("workspaceSlug" if call.is_query else "projectSlug")
        # Reads of v3 take it as optional, for service tokens that know theirs.
        is_optional = api == "v3" and call.is_query
        environment = call.fields.optional("environment") if is_optional else call.fields.text("environment")
        path = call.fields.secret_path()
        call.fields.check()
        project = reads.project_of(self._vault, call.identity, project_id=project_id, slug=slug)
        if environment is None:
            raise Refusal(400, "BadRequest", self._no_environment(call))
        reads.permit(self._vault, call.identity, project, right)
        return reads.Scope(project, environment, path)

    def _no_environment(self, call: Call) -> str:
        if "name" in call.request.path_params:
            return "Missing environment"
        return f"Missing {'project' if self._vault.is_current else 'workspace'} id or environment"

    def _view(self, call: Call) -> bool:
        """Whether values are wanted. A server of 2024 does not know the field."""
        return not self._vault.is_current or call.fields.flag("viewSecretValue", default=True)

    async def _list(self, api: str, call: Call) -> Any:
        switches = {
            "view": self._view(call),
            "expand": call.fields.flag("expandSecretReferences", default=False),
            "recursive": call.fields.flag("recursive", default=False),
            "with_imports": call.fields.flag("include_imports", default=False),
        }
        return reads.listed(self._vault, self._scoped(api, call, "read"), **switches)

    async def _get(self, api: str, call: Call) -> Any:
        version = call.fields.number("version")
        view = self._view(call)
        expand = call.fields.flag("expandSecretReferences", default=False)
        personal = call.fields.choice("type", ("shared", "personal")) == "personal"
        scope = self._scoped(api, call, "read")
        if personal:
            raise Refusal(404, "NotFound", f"Secret with name '{_name(call)}' not found")
        return reads.named(self._vault, scope, _name(call), version=version, view=view, expand=expand)

    async def _create(self, api: str, call: Call) -> Any:
        item = self._item(call, value_needed=True)
        self._check_name(call, item.key)
        scope = self._shared_scope(api, call, "create")
        writes.refuse_create(self._vault, scope, [item], batch=False)
        if self._vault.knobs.approval_policy:
            return writes.approval()
        await asyncio.sleep(self._vault.knobs.create_takes_s)
        return {"secret": writes.create(self._vault, scope, [item])[0]}

    async def _update(self, api: str, call: Call) -> Any:
        # A change of the comment alone came later.
        item = self._item(call, value_needed=not self._vault.is_current)
        self._check_name(call, item.new_key)
        scope = self._shared_scope(api, call, "edit")
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secret": writes.update(self._vault, scope, item)}

    async def _delete(self, api: str, call: Call) -> Any:
        scope = self._shared_scope(api, call, "delete")
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secret": writes.delete(self._vault, scope, _name(call))}

    async def _create_many(self, api: str, call: Call) -> Any:
        items = [
            writes.Item(f.secret_name("secretKey"), f.text("secretValue", trim=False), f.optional("secretComment"))
            for f in call.fields.items("secrets")
        ]
        scope = self._scoped(api, call, "create")
        writes.refuse_create(self._vault, scope, items, batch=True)
        if self._vault.knobs.approval_policy:
            return writes.approval()
        await asyncio.sleep(self._vault.knobs.create_takes_s)
        return {"secrets": writes.create(self._vault, scope, writes.as_stored(self._vault, scope, items))}

    async def _update_many(self, api: str, call: Call) -> Any:
        items = [self._patch_item(fields) for fields in call.fields.items("secrets")]
        mode = call.fields.choice("mode", _MODES) if self._vault.is_current else _MODES[0]
        scope = self._scoped(api, call, "edit")
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secrets": writes.update_many(self._vault, scope, writes.as_stored(self._vault, scope, items), mode)}

    async def _delete_many(self, api: str, call: Call) -> Any:
        names = [fields.text("secretKey") for fields in call.fields.items("secrets")]
        scope = self._scoped(api, call, "delete")
        if self._vault.knobs.approval_policy:
            return writes.approval()
        return {"secrets": writes.delete_many(self._vault, scope, names)}

    def _patch_item(self, fields: Input) -> writes.Item:
        read_value = fields.optional if self._vault.is_current else fields.text
        return writes.Item(
            key=fields.text("secretKey"),
            value=read_value("secretValue", trim=False),
            comment=fields.optional("secretComment"),
            new_key=fields.secret_name("newSecretName") if fields.optional("newSecretName") is not None else None,
            path=fields.secret_path() if fields.optional("secretPath") is not None else None,
        )

    def _item(self, call: Call, *, value_needed: bool) -> writes.Item:
        read_value = call.fields.text if value_needed else call.fields.optional
        return writes.Item(
            key=_name(call),
            value=read_value("secretValue", trim=False),
            comment=call.fields.optional("secretComment"),
            new_key=call.fields.optional("newSecretName"),
        )

    def _check_name(self, call: Call, name: str | None) -> None:
        if self._vault.is_current and name is not None and (":" in name or "/" in name):
            call.fields.refuse("a name without colon and slash", "secretName")

    def _shared_scope(self, api: str, call: Call, right: str) -> reads.Scope:
        personal = call.fields.choice("type", ("shared", "personal")) == "personal"
        scope = self._scoped(api, call, right)
        if personal:
            raise Refusal(400, "BadRequest", f"Must be user to {right} personal secret")
        return scope


def _name(call: Call) -> str:
    return str(call.request.path_params["name"])


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _has_a_slash_too_many(request: Request) -> bool:
    """A slash in a name must come as %2F; a plain one makes another route."""
    if "name" not in request.path_params:
        return False
    prefix = request.scope["route"].path.removesuffix("{name:path}")
    raw = bytes(request.scope["raw_path"]).decode("ascii", "replace").partition("?")[0]
    return "/" in raw.removeprefix(prefix)
