"""What is switched on and off in a repository of the GitHub sandbox, and what GitHub says of itself.

From GitHub's OpenAPI description (23.0.2: Actions permissions, cache, meta). Actions can be switched off, and then
nothing is started (the text is that of public reports); which actions and which rights a job may have, and of whom its
identity tells, is kept, and nothing hangs on it. What looks for secrets and for old packages is off, in the texts of
public reports.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import actions
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import API_VERSIONS, Face
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository

_ALLOWED = ("all", "local_only", "selected")
_LEVELS = ("read", "write")
_IS_OFF = {
    "secret-scanning": (404, "Secret scanning is disabled on this repository."),
    "code-scanning": (404, "no analysis found"),
}
_NETWORKS = ("hooks", "web", "api", "git", "packages", "pages", "importer", "actions", "dependabot", "copilot")


class Switches:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Of repositories, and of GitHub as such."""
        repository = "/repos/{owner}/{name}"
        permissions = f"{repository}/actions/permissions"
        return [
            Route(permissions, self._permissions),
            Route(permissions, self._set_permissions, methods=["PUT"]),
            Route(f"{permissions}/workflow", self._workflow),
            Route(f"{permissions}/workflow", self._set_workflow, methods=["PUT"]),
            Route("/orgs/{owner}/actions/permissions", self._of_organization),
            Route(f"{repository}/actions/oidc/customization/sub", self._subject),
            Route(f"{repository}/actions/oidc/customization/sub", self._set_subject, methods=["PUT"]),
            Route(f"{repository}/actions/workflows/{{file}}/timing", self._timing),
            Route(f"{repository}/actions/caches", self._caches),
            Route(f"{repository}/actions/cache/usage", self._usage),
            *(Route(f"{repository}/{kind}/alerts", self._off(kind)) for kind in _IS_OFF),
            Route(f"{repository}/dependabot/alerts", self._alerts),
            Route(f"{repository}/vulnerability-alerts", self._alerted),
            Route(f"{repository}/vulnerability-alerts", self._alert, methods=["PUT", "DELETE"]),
            Route(f"{repository}/automated-security-fixes", self._fixes),
            Route("/versions", self._versions),
            Route("/meta", self._meta),
        ]

    def _of(self, request: Request, *, writes: bool = False) -> Repository:
        return self._face.permitted(request, "administration", writes=writes)

    async def _permissions(self, request: Request) -> Response:
        found = self._of(request)
        allowed = {"allowed_actions": found.allowed_actions} if found.has_actions else {}
        return self._face.answer(request, {"enabled": found.has_actions, **allowed})

    async def _set_permissions(self, request: Request) -> Response:
        found, asked = self._of(request, writes=True), await object_in(request)
        demand(asked, {"enabled": ("boolean",)}, required=("enabled",), words={"allowed_actions": _ALLOWED})
        found.has_actions = asked["enabled"]
        found.allowed_actions = asked.get("allowed_actions", found.allowed_actions)
        return self._face.answer(request, None, 204)

    async def _workflow(self, request: Request) -> Response:
        return self._face.answer(request, self._of(request).workflow_rights)

    async def _set_workflow(self, request: Request) -> Response:
        found, asked = self._of(request, writes=True), await object_in(request)
        kinds = {"can_approve_pull_request_reviews": ("boolean",)}
        demand(asked, kinds, words={"default_workflow_permissions": _LEVELS})
        found.workflow_rights |= {name: asked[name] for name in found.workflow_rights if name in asked}
        return self._face.answer(request, None, 204)

    async def _of_organization(self, request: Request) -> Response:
        self._face.administered(request, "organization_administration")
        return self._face.answer(request, {"enabled_repositories": _ALLOWED[0], "allowed_actions": _ALLOWED[0]})

    async def _subject(self, request: Request) -> Response:
        return self._face.answer(request, self._face.permitted(request, "actions", writes=False).subject)

    async def _set_subject(self, request: Request) -> Response:
        found, asked = self._face.permitted(request, "actions", writes=True), await object_in(request)
        kinds = {"use_default": ("boolean",), "include_claim_keys": ("array",)}
        demand(asked, kinds, required=("use_default",))
        found.subject = {name: asked[name] for name in kinds if name in asked}
        return self._face.answer(request, {}, 201)

    async def _timing(self, request: Request) -> Response:
        """Which minutes are to be paid for: none."""
        actions.file_of(self._face.permitted(request, "actions", writes=False), request.path_params["file"])
        return self._face.answer(request, {"billable": {}})

    async def _caches(self, request: Request) -> Response:
        self._face.permitted(request, "actions", writes=False)
        return self._face.answer(request, {"total_count": 0, "actions_caches": []})

    async def _usage(self, request: Request) -> Response:
        found = self._face.permitted(request, "actions", writes=False)
        nothing = {"active_caches_size_in_bytes": 0, "active_caches_count": 0}
        return self._face.answer(request, {"full_name": found.full_name, **nothing})

    async def _alerts(self, request: Request) -> Response:
        found = self._face.permitted(request, "vulnerability_alerts", writes=False)
        if not found.has_alerts:
            raise Refusal(403, "Dependabot alerts are disabled for this repository.")
        return self._face.answer(request, [])

    async def _alerted(self, request: Request) -> Response:
        if not self._of(request).has_alerts:
            raise Refusal(404, "Vulnerability alerts are disabled.")
        return self._face.answer(request, None, 204)

    async def _alert(self, request: Request) -> Response:
        self._of(request, writes=True).has_alerts = request.method == "PUT"
        return self._face.answer(request, None, 204)

    async def _fixes(self, request: Request) -> Response:
        self._of(request)
        return self._face.answer(request, {"enabled": False, "paused": False})

    def _off(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def refused(request: Request) -> Response:
            self._face.visible(request)
            self._face.token(request)
            raise Refusal(*_IS_OFF[kind])

        return refused

    async def _versions(self, request: Request) -> Response:
        self._face.visitor(request)
        return self._face.answer(request, sorted(API_VERSIONS))

    async def _meta(self, request: Request) -> Response:
        self._face.visitor(request)
        networks = {name: ["127.0.0.0/8"] for name in _NETWORKS}
        return self._face.answer(request, {"verifiable_password_authentication": False, "ssh_keys": [], **networks})
