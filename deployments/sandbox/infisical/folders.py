"""The simulated vault's folders: made, listed, read, renamed and deleted, in both versions of the route.

From the vault's own source (deprecated-secret-folder-router.ts, read 2026-11-27) and, for reading and making them, from
a server of 2024. Its command line says ``directory`` where others say ``path``. A folder that is not empty is deleted
with all that is in it by the older route, and by the newer one only when ``forceDelete`` says so. One that is there
already was given back by a server of 2024, and is refused today. Folders have had a description since 2025
(secret-folder-service.ts and v2/secret-folder-router.ts, read 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import places
from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.input import Input
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Folder
from deployments.sandbox.infisical.state import Refusal, Vault

_NAMES = "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed."
_TAKEN = "Folder with specified name already exists"
_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a rename asks for: which folder (by id or name), where it is, and what it shall be."""

    id: str
    environment: str
    path: str
    name: str
    description: str | None
    is_described: bool


class Folders:
    """The routes of folders. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self, api: str, project: str) -> list[Route]:
        """Those of one version; ``project`` is the field that names theirs."""
        base = f"/api/{api}/folders"
        one = f"{base}/{{folder}}"
        newer = [Route(f"{base}/batch", self._closed("secrets", self._rename_many), methods=["PATCH"])]
        return [
            *(newer if _is_newer(project) else []),
            Route(base, self._closed("read", partial(self._list, project))),
            Route(base, self._closed("secrets", partial(self._make, project)), methods=["POST"]),
            Route(one, self._closed("read", self._get)),
            Route(one, self._closed("secrets", partial(self._rename, project)), methods=["PATCH"]),
            Route(one, self._closed("secrets", partial(self._delete, project)), methods=["DELETE"]),
        ]

    async def _list(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        if _is_newer(project):
            call.fields.text("path")
        recursive = str(call.request.query_params.get("recursive", "")).lower() == "true"
        call.fields.check()
        found = reads.own_project(self._vault, call.identity, project_id)
        shown = places.folders_in(found, environment, path, recursive=recursive)
        by_id = {folder.id: folder for folder in found.environments[environment].values()}
        return {"folders": [{**row, **self._described(by_id[row["id"]])} for row in shown["folders"]]}

    async def _make(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        name, description = self._name(call.fields), call.fields.nullable("description")
        call.fields.check()
        found = self._permitted(call, project_id, "create")
        if environment not in found.environments:
            where = f"in project with ID '{found.id}'" if self._vault.is_current else "in project"
            raise Refusal(404, "NotFound", f"Environment with slug '{environment}' {where} not found")
        _refuse_space(name)
        if self._vault.is_current and self._vault.folder(found, environment, f"{path.rstrip('/')}/{name}"):
            raise Refusal(400, "BadRequest", f"Folder with name '{name}' already exists in path '{path}'")
        folder = self._vault.make_folder(found, environment, f"{path.rstrip('/')}/{name}")
        folder.description = description if self._vault.is_current else None
        return {"folder": self._shown(found, environment, folder)}

    async def _get(self, call: Call) -> Any:
        wanted = str(call.request.path_params["folder"])
        for project in self._vault.projects.values():
            for environment, folders in project.environments.items():
                for folder in folders.values():
                    if folder.id == wanted and project.id in call.identity.rights:
                        return {"folder": {**_single(project, environment, folder), **self._described(folder)}}
        raise Refusal(404, "NotFound", f"Folder with ID '{wanted}' not found")

    async def _rename(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        wanted = self._wanted(call.fields, str(call.request.path_params["folder"]), environment, path)
        call.fields.check()
        found = self._permitted(call, project_id, "edit")
        one = "UpdateFolder" if self._vault.is_current else ""
        folder, to = self._renaming(found, wanted, one or "NotFound", one or "BadRequest", "ID '{}'")
        self._change(found, wanted, folder, to)
        return {"folder": self._shown(found, environment, folder)}

    async def _rename_many(self, call: Call) -> Any:
        """All or none: each is asked for before the first is changed."""
        project_id = call.fields.text("projectId")
        every = [self._wanted(one, one.text("id"), *_where(one)) for one in call.fields.items("folders")]
        call.fields.check()
        found = self._permitted(call, project_id, "edit")
        said = "id '{}' in environment with slug '{}'"
        of = [self._renaming(found, one, "UpdateManyFolders", "Batch update folder", said) for one in every]
        if len({(one.environment, to) for one, (_, to) in zip(every, of, strict=True)}) < len(of):
            raise Refusal(400, "Batch update folder", _TAKEN)
        for wanted, (folder, to) in zip(every, of, strict=True):
            self._change(found, wanted, folder, to)
        shown = [
            places.folder_shown(found, one.environment, folder) for one, (folder, _) in zip(every, of, strict=True)
        ]
        return {"folders": [{**row, **self._described(of[at][0])} for at, row in enumerate(shown)]}

    def _renaming(self, project: Project, wanted: _Wanted, missing: str, taken: str, said: str) -> tuple[Folder, str]:
        """Which folder, and its new path; the errors' names and words are those of the calling route."""
        self._refuse_nowhere(project, wanted.environment, wanted.path, missing)
        folder = _named(project, wanted.environment, wanted.path, wanted.id)
        if folder is None:
            raise Refusal(404, missing, f"Folder with {said.format(wanted.id, wanted.environment)} not found")
        _refuse_space(wanted.name)
        to = f"{wanted.path.rstrip('/')}/{wanted.name}"
        if to in project.environments[wanted.environment] and to != folder.path:
            raise Refusal(400, taken, _TAKEN)
        return folder, to

    def _change(self, project: Project, wanted: _Wanted, folder: Folder, to: str) -> None:
        self._vault.move_folder(project, wanted.environment, folder.path, to)
        if self._vault.is_current and wanted.is_described:
            folder.description = wanted.description

    async def _delete(self, project: str, call: Call) -> Any:
        project_id, environment, path = _place(project, call)
        is_forced = not _is_newer(project) or bool(call.fields.switch("forceDelete", nullable=False))
        call.fields.check()
        found = self._permitted(call, project_id, "delete")
        if self._vault.is_current and environment not in found.environments:
            raise Refusal(404, "NotFound", f"Environment with slug '{environment}' not found")
        self._refuse_nowhere(found, environment, path, "NotFound")
        wanted = str(call.request.path_params["folder"])
        folder = _named(found, environment, path, wanted)
        if folder is None:
            raise Refusal(404, "NotFound", f"Folder with ID '{wanted}' not found")
        if not is_forced:
            _refuse_full(found.environments[environment], folder)
        shown = {**places.folder_shown(found, environment, folder), **self._described(folder)}
        self._vault.delete_folder(found, environment, folder.path)
        return {"folder": shown}

    def _wanted(self, fields: Input, folder: str, environment: str, path: str) -> _Wanted:
        name, description = self._name(fields), fields.nullable("description")
        return _Wanted(folder, environment, path, name, description, is_described=fields.has("description"))

    def _name(self, fields: Input) -> str:
        name = fields.text("name")
        if self._vault.is_current and not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            fields.refuse(_NAMES, "name")
        return name

    def _permitted(self, call: Call, project_id: str, right: str) -> Project:
        found = reads.own_project(self._vault, call.identity, project_id)
        # Custom roles of 2024 know no right on folders but to read them.
        reads.permit(self._vault, call.identity, found, right)
        return found

    def _refuse_nowhere(self, project: Project, environment: str, path: str, error: str) -> None:
        if environment not in project.environments and not self._vault.is_current:
            raise Refusal(404, "NotFound", f"Environment with slug '{environment}' in project not found")
        if self._vault.is_current and self._vault.folder(project, environment, path) is None:
            message = f"Folder with path '{path}' in environment with slug '{environment}' not found"
            raise Refusal(404, error, message)

    def _described(self, folder: Folder) -> dict[str, Any]:
        return {"description": folder.description} if self._vault.is_current else {}

    def _shown(self, project: Project, environment: str, folder: Folder) -> dict[str, Any]:
        shown = {**places.folder_shown(project, environment, folder), **self._described(folder)}
        return {**shown, "path": folder.path} if self._vault.is_current else shown


def _is_newer(project: str) -> bool:
    return project == "projectId"


def _place(project: str, call: Call) -> tuple[str, str, str]:
    return call.fields.text(project), *_where(call.fields)


def _where(fields: Input) -> tuple[str, str]:
    said = "path" if fields.has("path") else "directory"
    return fields.text("environment"), "/" + fields.secret_path(said).lstrip("/")


def _named(project: Project, environment: str, path: str, wanted: str) -> Folder | None:
    """The folder of this id or name, directly in ``path``."""
    for folder in project.environments[environment].values():
        parent, _, name = folder.path.rpartition("/")
        if folder.path != "/" and (parent or "/") == path and wanted in {folder.id, name}:
            return folder
    return None


def _refuse_full(folders: Mapping[str, Folder], folder: Folder) -> None:
    if folder.rows or any(path.startswith(f"{folder.path}/") for path in folders):
        name = folder.path.rpartition("/")[2]
        why = "because it contains resources. Use forceDelete=true to delete it forcefully."
        raise Refusal(400, "deleteFolder", f'Cannot delete folder "{name}" {why}')


def _refuse_space(name: str) -> None:
    if any(character.isspace() for character in name):
        raise Refusal(500, "Find by secret path", "Something went wrong")


def _single(project: Project, environment: str, folder: Folder) -> dict[str, Any]:
    named = {"envId": environment, "envName": environment, "envSlug": environment}
    shown = places.folder_shown(project, environment, folder)
    return {**shown, "environment": named, "path": folder.path, "projectId": project.id}
