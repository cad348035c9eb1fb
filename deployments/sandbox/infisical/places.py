"""How the simulated vault shows projects and folders."""

from __future__ import annotations

from typing import Any

from deployments.sandbox.infisical.rows import Folder, iso
from deployments.sandbox.infisical.state import Project, Refusal


def folders_in(project: Project, environment: str, path: str, *, recursive: bool = False) -> dict[str, Any]:
    """The folders directly in ``path``, or all below it. A missing path has none; a missing environment is 404."""
    if environment not in project.environments:
        raise Refusal(404, "NotFound", f"Environment with slug '{environment}' not found")
    prefix = path.rstrip("/") + "/"
    children = [
        folder
        for folder in project.environments[environment].values()
        if folder.path != "/"
        and (folder.path.rpartition("/")[0] + "/" == prefix or (recursive and folder.path.startswith(prefix)))
    ]
    rows = [folder_shown(project, environment, folder) for folder in children]
    if recursive:
        for row, folder in zip(rows, children, strict=True):
            row["relativePath"] = folder.path.removeprefix(path.rstrip("/"))
    return {"folders": rows}


def project_shown(project: Project) -> dict[str, Any]:
    """A project with its environments (fields of the documentation, read 2026-11-27)."""
    environments = [{"id": slug, "name": slug, "slug": slug} for slug in project.environments]
    return {"id": project.id, "name": project.slug, "slug": project.slug, "environments": environments}


def folder_shown(project: Project, environment: str, folder: Folder) -> dict[str, Any]:
    """A folder in an answer."""
    parent = project.environments[environment][folder.path.rpartition("/")[0] or "/"]
    return {
        "id": folder.id,
        "name": folder.path.rpartition("/")[2],
        "version": 1,
        "createdAt": iso(folder.created_at),
        "updatedAt": iso(folder.created_at),
        "envId": environment,
        "parentId": parent.id,
        "isReserved": False,
    }
