"""The simulated vault's secret imports: made, listed, read, moved and deleted, in both versions of the route.

From the vault's own source (secret-import-router.ts of v1 and v2 and their service, read 2026-11-29). Whoever may do a
thing to secrets may do it to imports, as in 2024. Replication needs a paid plan and is refused like without one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Folder, Import
from deployments.sandbox.infisical.state import Refusal, Vault

_NO_PLAN = "Failed to create secret replication due to plan restriction. Upgrade plan to create replication."
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class Imports:
    """The routes of imports. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self, api: str, project: str) -> list[Route]:
        """Those of one version; ``project`` is the field that names theirs."""
        base = f"/api/{api}/secret-imports"
        one = f"{base}/{{secret_import}}"
        return [
            Route(base, self._closed("read", partial(self._list, project))),
            Route(base, self._closed("secrets", partial(self._make, project)), methods=["POST"]),
            Route(one, self._closed("read", self._get)),
            Route(one, self._closed("secrets", partial(self._change, project)), methods=["PATCH"]),
            Route(one, self._closed("secrets", partial(self._delete, project)), methods=["DELETE"]),
        ]

    async def _list(self, project: str, call: Call) -> Any:
        _, folder = self._place(project, call, "read")
        imports = [one.as_json(folder) for one in folder.imports]
        return {"message": "Successfully fetched secret imports", "secretImports": imports}

    async def _make(self, project: str, call: Call) -> Any:
        wanted = call.fields.inner("import")
        environment, path = wanted.text("environment"), _path(wanted.text("path"))
        is_replication = call.fields.switch("isReplication", nullable=False)
        scope, folder = self._place(project, call, "create")
        if is_replication:
            raise Refusal(400, "BadRequest", _NO_PLAN)
        self._refuse_source(scope, environment, path)
        made = Import(environment, path)
        folder.imports.append(made)
        return {"message": "Successfully created secret import", "secretImport": made.as_json(folder)}

    async def _get(self, call: Call) -> Any:
        wanted = str(call.request.path_params["secret_import"])
        for project in self._vault.projects.values():
            for environment, folders in project.environments.items():
                for folder in folders.values():
                    found = next((one for one in folder.imports if one.id == wanted), None)
                    if found and project.id in call.identity.rights:
                        reads.permit(self._vault, call.identity, project, "read")
                        return {"secretImport": {**found.as_json(folder), **_where(project, environment, folder)}}
        raise Refusal(404, "NotFound", f"Secret import with ID '{wanted}' not found")

    async def _change(self, project: str, call: Call) -> Any:
        wanted = call.fields.inner("import")
        environment, path = wanted.optional("environment"), wanted.optional("path")
        position = wanted.amount("position") if wanted.has("position") else None
        scope, folder = self._place(project, call, "edit")
        found = _named(folder, call)
        if found is None:
            raise Refusal(400, "BadRequest", "Secret import not found")
        environment, path = environment or found.environment, _path(path) if path else found.path
        self._refuse_source(scope, environment, path)
        found.environment, found.path, found.updated_at = environment, path, datetime.now(UTC)
        if position:
            folder.imports.remove(found)
            folder.imports.insert(int(position) - 1, found)
        return {"message": "Successfully updated secret import", "secretImport": found.as_json(folder)}

    async def _delete(self, project: str, call: Call) -> Any:
        _, folder = self._place(project, call, "delete")
        found = _named(folder, call)
        if found is None:
            wanted = call.request.path_params["secret_import"]
            raise Refusal(404, "NotFound", f"Secret import with folder ID '{wanted}' not found")
        shown = found.as_json(folder)
        folder.imports.remove(found)
        return {"message": "Successfully deleted secret import", "secretImport": shown}

    def _place(self, project: str, call: Call, right: str) -> tuple[reads.Scope, Folder]:
        project_id, environment = call.fields.text(project), call.fields.text("environment")
        path = call.fields.secret_path("path")
        call.fields.check()
        found = reads.own_project(self._vault, call.identity, project_id)
        reads.permit(self._vault, call.identity, found, right)
        scope = reads.Scope(found, environment, path)
        return scope, reads.folder_of(self._vault, scope, "NotFound")

    def _refuse_source(self, scope: reads.Scope, environment: str, path: str) -> None:
        """A folder that is not there (yet) may be imported; an environment has to be."""
        if environment not in scope.project.environments:
            raise Refusal(404, "NotFound", "The requested entity is not found")
        source = self._vault.folder(scope.project, environment, path)
        back = (scope.environment, scope.path)
        if source and any((one.environment, one.path) == back for one in source.imports):
            raise Refusal(400, "BadRequest", "Cyclic import not allowed")


def _path(path: str) -> str:
    return path if path == "/" else path.removesuffix("/")


def _named(folder: Folder, call: Call) -> Import | None:
    wanted = str(call.request.path_params["secret_import"])
    return next((one for one in folder.imports if one.id == wanted), None)


def _where(project: Project, environment: str, folder: Folder) -> dict[str, Any]:
    named = {"id": environment, "name": environment, "slug": environment}
    return {"environment": named, "projectId": project.id, "secretPath": folder.path}
