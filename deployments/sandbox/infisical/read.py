"""The simulated vault's answers to reads: lists, single secrets, folders, and how a secret looks in an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from deployments.sandbox.infisical.brought import Brought, brought_in
from deployments.sandbox.infisical.identity import Identity
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.references import expanded
from deployments.sandbox.infisical.rows import Folder, Row, iso
from deployments.sandbox.infisical.state import Refusal, Vault

HIDDEN = "<hidden-by-infisical>"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a request reads or writes."""

    project: Project
    environment: str
    path: str


def project_of(vault: Vault, identity: Identity, *, project_id: str | None, slug: str | None) -> Project:
    """The project that a request for secrets names. Raises Refusal: 404 for an unknown one."""
    if project_id is None and slug is None:
        raise Refusal(400, "BadRequest", "You must provide workspaceSlug or workspaceId")
    for project in vault.projects.values():
        if (project_id is not None and project.id == project_id) or (project_id is None and project.slug == slug):
            if project.id not in identity.rights:
                raise _no_member(project.id)
            return project
    raise Refusal(404, "NotFound", f"Project with ID '{project_id or slug}' not found during bot lookup.")


def own_project(vault: Vault, identity: Identity, project_id: str) -> Project:
    """The project of any other request. An unknown one is refused like another's (seen in 2024)."""
    project = vault.projects.get(project_id)
    if project is None or project.id not in identity.rights:
        raise _no_member(project_id)
    return project


def _no_member(project_id: str) -> Refusal:
    error = f"Identity is not a member of the specified project with ID '{project_id}'"
    return Refusal(403, error, "You are not allowed to access this resource")


def permit(vault: Vault, identity: Identity, project: Project, right: str, subject: str = "secrets") -> None:
    """Raise 403 unless the identity has the right: on secrets by its own name, on other things by theirs."""
    if (right if subject == "secrets" else subject) in identity.rights.get(project.id, set()):
        return
    # The rules that name the right: there is none, because an identity has a right everywhere or not at all here.
    details: list[Any] | None = [] if vault.is_current else None
    raise Refusal(403, "PermissionDenied", f"You are not allowed to {right} on {subject}", details)


def folder_of(vault: Vault, scope: Scope, error: str) -> Folder:
    """The folder, or 404 with the service's own name in ``error``."""
    folder = vault.folder(scope.project, scope.environment, scope.path)
    if folder is not None:
        return folder
    raise Refusal(
        404, error, f"Folder with path '{scope.path}' in environment with slug '{scope.environment}' not found"
    )


def _no_path(scope: Scope) -> Refusal:
    """What a list of today says of a folder that is not there (TestSecret_List of the vault's own tests)."""
    where = f"Folder with path '{scope.path}' in environment '{scope.environment}' was not found."
    advice = "Please ensure the environment slug and secret path is correct."
    return Refusal(404, "SecretPathNotFound", f"{where} {advice}")


def shown(vault: Vault, scope: Scope, row: Row, **more: Any) -> dict[str, Any]:
    """A secret as single answers and lists show it; ``more`` are fields that only some routes have."""
    body: dict[str, Any] = {
        "id": row.id,
        "_id": row.id,
        "workspace": scope.project.id,
        "environment": scope.environment,
        "version": row.version,
        "type": "shared",
        "secretKey": row.key,
        "secretValue": row.value,
        "secretComment": row.comment,
        "secretReminderNote": row.reminder_note,
        "secretReminderRepeatDays": row.reminder_days,
        "skipMultilineEncoding": row.skip_multiline,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }
    if vault.is_current:
        newer: dict[str, Any] = {"actor": None, "isRotatedSecret": row.rotated, "rotationId": None}
        return {**body, "secretValueHidden": False, **newer, **more}
    return {**body, "metadata": None, **more}


def listed(  # where, which ones, and how each of them is shown
    vault: Vault,
    scope: Scope,
    is_wanted: Callable[[Row], bool],
    *,
    view: bool,
    expand: bool,
    recursive: bool,
    with_imports: bool,
) -> dict[str, Any]:
    """The answer to a list. A missing folder is an empty list in 2024 and 404 today."""
    if vault.folder(scope.project, scope.environment, scope.path) is None:
        if vault.is_current:
            raise _no_path(scope)
        return {"secrets": [], "imports": []}
    secrets = [
        _viewed(vault, Scope(scope.project, scope.environment, folder.path), row, view=view, expand=expand)
        for folder in _folders(scope, recursive=recursive)
        for row in folder.rows_seen
        if is_wanted(row)
    ]
    imports = brought_in(vault, scope.project, folder_of(vault, scope, "")) if with_imports else []
    shown_imports = [_import_viewed(vault, scope.project, one, view=view, expand=expand) for one in imports]
    return {"secrets": secrets, **({"imports": shown_imports} if with_imports or vault.is_current else {})}


def named(  # where, which one, and how it is shown
    vault: Vault,
    scope: Scope,
    name: str,
    *,
    version: int | None,
    view: bool,
    expand: bool,
    with_imports: bool,
) -> dict[str, Any]:
    """The answer to a get by name. ``version`` is ignored in 2024 and honoured today.

    What the folder does not have may come by an import, by the last one that has it.
    """
    folder = folder_of(vault, scope, "GetSecretByName")
    rows = folder.rows_seen
    if vault.is_current and version is not None:
        rows = tuple(row for commit in reversed(folder.commits) for row in commit.rows if row.version == version)
    row = next((row for row in rows if row.key == name), None)
    for one in reversed(brought_in(vault, scope.project, folder)) if with_imports and row is None else ():
        row = next((row for _, row in one.rows if row.key == name), None)
        if row is not None:
            scope = Scope(scope.project, one.environment, one.path)
            break
    if row is None:
        raise Refusal(404, "NotFound", f"Secret with name '{name}' not found")
    if vault.is_current and vault.knobs.hide_values and view:
        raise Refusal(403, "ForbiddenReadSecretError", "You are not allowed to read this secret's value")
    body = _viewed(vault, scope, row, view=view, expand=expand)
    if not vault.is_current:
        del body["secretPath"]
    return {"secret": body}


def by_id(vault: Vault, identity: Identity, secret_id: str) -> dict[str, Any]:
    """A secret by its id, whatever its project, as the vault's own source has it; it came after 2024."""
    found = next(((scope, row) for scope, row in _everything(vault) if row.id == secret_id), None)
    if found is None:
        raise Refusal(404, "GetSecretById", f"Secret with ID '{secret_id}' not found")
    scope, row = found
    own_project(vault, identity, scope.project.id)
    permit(vault, identity, scope.project, "read")
    if vault.knobs.hide_values:
        raise Refusal(403, "PermissionDenied", "You are not allowed to readValue on secrets")
    body = _viewed(vault, scope, row, view=True, expand=False)
    del body["secretValueHidden"]
    return body


def _everything(vault: Vault) -> Iterator[tuple[Scope, Row]]:
    for project in list(vault.projects.values()):
        for environment, folders in project.environments.items():
            for folder in list(folders.values()):
                for row in folder.rows_seen:
                    yield Scope(project, environment, folder.path), row


def _folders(scope: Scope, *, recursive: bool) -> list[Folder]:
    below = scope.path.rstrip("/") + "/"
    folders = scope.project.environments[scope.environment].values()
    return [f for f in folders if f.path == scope.path or (recursive and f.path.startswith(below))]


def _viewed(vault: Vault, scope: Scope, row: Row, *, view: bool, expand: bool) -> dict[str, Any]:
    had = [scope.project.tags[one] for one in row.tag_ids if one in scope.project.tags]
    tags = [{"id": tag.id, "slug": tag.slug, "color": tag.color, "name": tag.slug} for tag in had]
    body = shown(vault, scope, row, tags=tags, secretPath=scope.path)
    if vault.is_current:
        body["secretMetadata"] = [one.as_json() for one in row.metadata]
    if expand:
        body["secretValue"] = expanded(vault, scope.project, scope.environment, scope.path, row)
    if vault.is_current and (vault.knobs.hide_values or not view):
        body["secretValue"] = HIDDEN
        body["secretValueHidden"] = True
    return body


def _import_viewed(vault: Vault, project: Project, one: Brought, *, view: bool, expand: bool) -> dict[str, Any]:
    """An import in a list. Its secrets have no dates; expanded, a name is there once (the same source)."""
    place = Scope(project, one.environment, one.path)
    once: dict[str, tuple[str, Row]] = {}
    for environment, row in one.rows:
        once.setdefault(row.key, (environment, row))
    secrets = []
    for environment, row in once.values() if expand else one.rows:
        body = _viewed(vault, place, row, view=view, expand=expand)
        for name in ("createdAt", "updatedAt", "secretPath", "tags"):
            del body[name]
        secrets.append({**body, "environment": environment, "workspace": project.id if vault.is_current else ""})
    folder = {"folderId": one.folder.id} if one.folder else {}
    return {"secretPath": one.path, "environment": one.environment, **folder, "secrets": secrets}
