"""How the simulated vault shows projects, environments and folders."""

from __future__ import annotations

from typing import Any

from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Folder, iso
from deployments.sandbox.infisical.state import Refusal, Vault


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
    # By name (getFolders of secret-folder-service.ts, read 2026-11-29).
    children.sort(key=lambda folder: folder.path.rpartition("/")[2])
    rows = [folder_shown(project, environment, folder) for folder in children]
    if recursive:
        for row, folder in zip(rows, children, strict=True):
            row["relativePath"] = folder.path.removeprefix(path.rstrip("/"))
    return {"folders": rows}


def environment_shown(project: Project, environment: str) -> dict[str, Any]:
    """An environment as its own routes show it."""
    moment = iso(project.created_at)
    return {
        "id": environment,
        "name": project.name_of(environment),
        "slug": environment,
        "position": list(project.environments).index(environment) + 1,
        "projectId": project.id,
        "createdAt": moment,
        "updatedAt": moment,
    }


def project_shown(vault: Vault, project: Project) -> dict[str, Any]:
    """A project with its environments (the vault's own schemas; those of 2024 from before it had types)."""
    environments = [{"id": slug, "name": project.name_of(slug), "slug": slug} for slug in project.environments]
    moment = iso(project.created_at)
    shown = {
        "id": project.id,
        "_id": project.id,
        "name": project.slug,
        "slug": project.slug,
        "autoCapitalization": project.enforce_capitalization,
        "orgId": vault.organization_id,
        "createdAt": moment,
        "updatedAt": moment,
        "version": 3,
        "upgradeStatus": None,
        "pitVersionLimit": 10,
        "kmsCertificateKeyId": None,
        "auditLogsRetentionDays": None,
        "environments": environments,
    }
    if not vault.is_current:
        return shown
    newer = {"description": None, "type": "secret-manager", "defaultProduct": None, "secretDetectionIgnoreValues": None}
    flags = {
        "hasDeleteProtection": False,
        "secretSharing": True,
        "showSnapshotsLegacy": False,
        "enforceEncryptedSecretManagerSecretMetadata": False,
    }
    return {**shown, **newer, **flags}


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
