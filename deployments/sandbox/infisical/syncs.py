"""How the simulated vault lists what it gives its secrets to: syncs of today, and integrations of before 2025."""

from __future__ import annotations

from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.github.store import Repository
from deployments.sandbox.infisical.state import Sync


def sync_shown(sync: Sync) -> dict[str, Any]:
    """A secret sync in a list (fields of the documentation, read 2026-11-27)."""
    if isinstance(sync.app, Repository):
        owner, _, name = sync.app.full_name.partition("/")
        destination, settings = "github", {"scope": "repository", "owner": owner, "repo": name}
    else:
        destination, name, settings = "heroku", sync.app.name, {"app": sync.app.id, "appName": sync.app.name}
    return {
        "id": made_up.identifier(),
        "name": f"to-{name}",
        "projectId": sync.project_id,
        "destination": destination,
        "destinationConfig": settings,
        "environment": {"id": made_up.identifier(), "name": sync.environment, "slug": sync.environment},
        "folder": {"id": made_up.identifier(), "path": sync.path},
        "isAutoSyncEnabled": True,
        "syncOptions": {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": not sync.deletes},
        "syncStatus": "succeeded",
    }


def integration_shown(sync: Sync) -> dict[str, Any]:
    """A native integration in a list (fields of the documentation, read 2026-11-27)."""
    if isinstance(sync.app, Repository):
        owner, _, name = sync.app.full_name.partition("/")
        where = {"integration": "github", "app": name, "appId": None, "owner": owner, "scope": "github-repo"}
    else:
        where = {"integration": "heroku", "app": sync.app.name, "appId": sync.app.id, "owner": None, "scope": None}
    return {
        "id": made_up.identifier(),
        **where,
        "targetEnvironmentId": None,
        "environment": {"id": made_up.identifier(), "name": sync.environment, "slug": sync.environment},
        "secretPath": sync.path,
        "isActive": True,
        "isSynced": True,
        "metadata": {} if sync.deletes else {"shouldDisableDelete": True},
    }
