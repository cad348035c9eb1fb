"""The simulated vault's routes: who may, where, with which fields; the work is done elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.auth import Auth
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.client_secrets import ClientSecrets
from deployments.sandbox.infisical.folders import Folders
from deployments.sandbox.infisical.http import RateLimit, answered, body_of, no_route, no_route_today, refused
from deployments.sandbox.infisical.identities import Identities
from deployments.sandbox.infisical.imports import Imports
from deployments.sandbox.infisical.input import Input
from deployments.sandbox.infisical.memberships import Memberships
from deployments.sandbox.infisical.moving import Moving
from deployments.sandbox.infisical.projects import Projects
from deployments.sandbox.infisical.secrets import Secrets, rest_of
from deployments.sandbox.infisical.signing import LONGEST_S
from deployments.sandbox.infisical.state import Refusal, Vault
from deployments.sandbox.infisical.syncs import integration_shown, sync_shown
from deployments.sandbox.infisical.tags import Tags
from deployments.sandbox.infisical.universal_auth import UniversalAuth

Handler = Callable[[Call], Awaitable[Any]]


class InfisicalRoutes:
    """Builds the routes of both API versions; v4 exists on servers of today only."""

    def __init__(self, vault: Vault, auth: Auth) -> None:
        self._vault = vault
        self._auth = auth
        self._rate = RateLimit(vault)

    def all(self) -> list[Route]:
        """Routes, the more particular ones first."""
        folders, imports = Folders(self._vault, self._closed), Imports(self._vault, self._closed)
        found = [
            Route("/api/status", self._status),
            Route("/api/v1/auth/universal-auth/login", self._open(self._log_in), methods=["POST"]),
            Route("/api/v1/auth/token/renew", self._open(self._renew), methods=["POST"]),
            Route("/api/v1/auth/token/revoke", self._open(self._revoke), methods=["POST"]),
            Route("/api/v1/secret/{secret_id}/secret-versions", self._closed("secrets", self._for_people)),
            *self._trees("v3/secrets/raw"),
            *Moving(self._vault, self._closed).routes("v3"),
            *folders.routes("v1", "workspaceId"),
            *imports.routes("v1", "workspaceId"),
            *Identities(self._vault, self._auth, self._closed).routes(),
            *Memberships(self._vault, self._closed).routes(),
            *UniversalAuth(self._vault, self._auth, self._closed).routes(),
            *ClientSecrets(self._vault, self._auth, self._closed).routes(),
            *Secrets(self._vault, self._closed, "v3").routes("/api/v3/secrets/raw", "/api/v3/secrets/batch/raw"),
        ]
        tags = Tags(self._vault, self._closed)
        found += [*Projects(self._vault, self._closed).routes(), *tags.routes("/api/v1/workspace")]
        listed = self._closed("read", self._integrations)
        found.append(Route("/api/v1/workspace/{project_id}/integrations", listed))
        if self._vault.is_current:
            found += folders.routes("v2", "projectId")
            found += imports.routes("v2", "projectId")
            found += tags.routes("/api/v1/projects")
            found.append(Route("/api/v1/secret-syncs", self._closed("read", self._syncs)))
            found += [*self._trees("v4/secrets"), *Moving(self._vault, self._closed).routes("v4")]
            found += Secrets(self._vault, self._closed, "v4").routes("/api/v4/secrets", "/api/v4/secrets/batch")
        return found

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
            if _is_no_name(request, by_id=self._vault.is_current):
                return await (no_route_today if self._vault.is_current else no_route)(request, Exception())
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

    def _trees(self, secrets: str) -> list[Route]:
        """Which secrets refer to which: shown to people alone."""
        of = ("secret-reference-tree", "reference-dependency-tree")
        return [Route(f"/api/{secrets}/{{secret}}/{one}", self._closed("secrets", self._for_people)) for one in of]

    async def _for_people(self, call: Call) -> Any:
        """A machine's token is not taken (verify-auth.ts)."""
        target = call.request.url.path + (f"?{call.request.url.query}" if call.request.url.query else "")
        raise Refusal(403, f"Forbidden access to {target}", "You are not allowed to access this resource")

    async def _status(self, request: Request) -> Response:
        """Whether the server lives; anybody may ask (read in its source, 2026-11-27)."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        flags = dict.fromkeys(("emailConfigured", "inviteOnlySignup", "secretScanningConfigured"), False)
        longest = {"maxIdentityAccessTokenTTL": LONGEST_S} if self._vault.is_current else {}
        return answered(request, {"date": now, "message": "Ok", "redisConfigured": True, **flags, **longest}, {})

    async def _syncs(self, call: Call) -> Any:
        project_id = call.fields.text("projectId")
        call.fields.check()
        project = reads.own_project(self._vault, call.identity, project_id)
        reads.permit(self._vault, call.identity, project, "read", "secret-syncs")
        return {"secretSyncs": [sync_shown(one) for one in self._vault.syncs_of(project) if not one.native]}

    async def _integrations(self, call: Call) -> Any:
        project_id = str(call.request.path_params["project_id"])
        project = reads.own_project(self._vault, call.identity, project_id)
        reads.permit(self._vault, call.identity, project, "read", "integrations")
        return {"integrations": [integration_shown(one) for one in self._vault.syncs_of(project) if one.native]}


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_no_name(request: Request, *, by_id: bool) -> bool:
    """A slash in a name must come as %2F; a plain one makes another route, of which there is the one by id."""
    rest = rest_of(request) if "name" in request.path_params else ""
    if by_id and request.method in {"GET", "HEAD"}:
        rest = rest.removeprefix("id/")
    return "/" in rest
