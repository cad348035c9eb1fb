"""The simulated vault's folders: made, listed, read, renamed and deleted, in both versions of the route.

From the vault's own source (deprecated-secret-folder-router.ts, read 2026-11-27) and, for reading and making them, from
a server of 2024. Its command line says ``directory`` where others say ``path``. A folder that is not empty is deleted
with all that is in it, whatever ``forceDelete`` says. One that is there already was given back by a server of 2024, and
is refused today (secret-folder-service.ts, read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import places
from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Folder
from deployments.sandbox.infisical.state import Refusal, Vault

_NAMES = "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed."
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class Folders:
    """The routes of folders. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self, api: str, project: str) -> list[Route]:
        """Those of one version; ``project`` is the field that names theirs."""
        base = f"/api/{api}/folders"
        one = f"{base}/{{folder}}"
        shown = self._closed("read", partial(self._list, project))
        return [
            Route(base, shown),
            Route(base, self._closed("secrets", partial(self._make, project)), methods=["POST"]),
            Route(one, self._closed("read", self._get)),
            Route(one, self._closed("secrets", partial(self._rename, project)), methods=["PATCH"]),
            Route(one, self._closed("secrets", partial(self._delete, project)), methods=["DELETE"]),
        ]

    async def _list(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        recursive = str(call.request.query_params.get("recursive", "")).lower() == "true"
        call.fields.check()
        found = reads.own_project(self._vault, call.identity, project_id)
        return places.folders_in(found, environment, path, recursive=recursive)

    async def _make(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        name = self._name(call)
        call.fields.check()
        found = self._permitted(call, project_id, environment, "create")
        _refuse_space(name)
        if self._vault.is_current and self._vault.folder(found, environment, f"{path.rstrip('/')}/{name}"):
            raise Refusal(400, "BadRequest", f"Folder with name '{name}' already exists in path '{path}'")
        folder = self._vault.make_folder(found, environment, f"{path.rstrip('/')}/{name}")
        return {"folder": self._shown(found, environment, folder)}

    async def _get(self, call: Call) -> Any:
        wanted = str(call.request.path_params["folder"])
        for project in self._vault.projects.values():
            for environment, folders in project.environments.items():
                for folder in folders.values():
                    if folder.id == wanted and project.id in call.identity.rights:
                        return {"folder": _single(project, environment, folder)}
        raise Refusal(404, "NotFound", f"Folder with ID '{wanted}' not found")

    async def _rename(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        name = self._name(call)
        call.fields.check()
        found = self._permitted(call, project_id, environment, "edit")
        folder = self._named(found, environment, path, call)
        _refuse_space(name)
        to = f"{path.rstrip('/')}/{name}"
        if to in found.environments[environment] and to != folder.path:
            raise Refusal(400, "BadRequest", "Folder with specified name already exists")
        self._vault.move_folder(found, environment, folder.path, to)
        return {"folder": self._shown(found, environment, folder)}

    async def _delete(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        call.fields.check()
        found = self._permitted(call, project_id, environment, "delete")
        folder = self._named(found, environment, path, call)
        shown = places.folder_shown(found, environment, folder)
        self._vault.delete_folder(found, environment, folder.path)
        return {"folder": shown}

    def _name(self, call: Call) -> str:
        name = call.fields.text("name")
        if self._vault.is_current and not name.replace("-", "").replace("_", "").isalnum():
            call.fields.refuse(_NAMES, "name")
        return name

    def _permitted(self, call: Call, project_id: str, environment: str, right: str) -> Project:
        found = reads.own_project(self._vault, call.identity, project_id)
        # Custom roles of 2024 know no right on folders but to read them.
        reads.permit(self._vault, call.identity, found, right)
        if environment not in found.environments:
            where = f"in project with ID '{found.id}'" if self._vault.is_current else "in project"
            raise Refusal(404, "NotFound", f"Environment with slug '{environment}' {where} not found")
        return found

    def _named(self, project: Project, environment: str, path: str, call: Call) -> Folder:
        """The folder of this id or name, directly in ``path``."""
        wanted = str(call.request.path_params["folder"])
        for folder in project.environments[environment].values():
            parent, _, name = folder.path.rpartition("/")
            if folder.path != "/" and (parent or "/") == path and wanted in {folder.id, name}:
                return folder
        raise Refusal(404, "NotFound", f"Folder with ID '{wanted}' not found")

    def _shown(self, project: Project, environment: str, folder: Folder) -> dict[str, Any]:
        shown = places.folder_shown(project, environment, folder)
        return {**shown, "path": folder.path} if self._vault.is_current else shown


def _place(project: str, call: Call) -> tuple[str, str, str]:
    project_id, environment = call.fields.text(project), call.fields.text("environment")
    said = "path" if call.fields.has("path") else "directory"
    return project_id, environment, "/" + call.fields.secret_path(said).lstrip("/")


def _refuse_space(name: str) -> None:
    if any(character.isspace() for character in name):
        raise Refusal(500, "Find by secret path", "Something went wrong")


def _single(project: Project, environment: str, folder: Folder) -> dict[str, Any]:
    named = {"envId": environment, "envName": environment, "envSlug": environment}
    shown = places.folder_shown(project, environment, folder)
    return {**shown, "environment": named, "path": folder.path, "projectId": project.id}
