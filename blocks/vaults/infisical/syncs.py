"""To whom the vault itself gives a folder: secret syncs (servers since 2025), and the native integrations before them.

Whoever changes a secret of such a folder also makes the vault write there, and delete what the folder does not hold
(seen as Infisical/infisical#1050). Routes and fields are from Infisical's documentation and source, read 2026-11-27.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from blocks.errors import Missing, Refused, VendorError
from blocks.vaults.infisical.session import NO_ROUTE, InfisicalSession
from blocks.vaults.terms import Location, Sync, Syncs
from blocks.wire.exchange import LIST_BYTES

GITHUB = "github"


def syncs_of(session: InfisicalSession, project_id: str, folders: Collection[Location]) -> Syncs:
    """Ask both routes for what is switched on for exactly these folders. Raises nothing: an error is not looked at."""
    asked: tuple[tuple[str, str, dict[str, str], str, Callable[[dict[str, Any]], Sync | None]], ...] = (
        ("secret syncs", "/api/v1/secret-syncs", {"projectId": project_id}, "secretSyncs", _secret_sync),
        ("integrations", f"/api/v1/workspace/{project_id}/integrations", {}, "integrations", _integration),
    )
    found: list[Sync] = []
    unseen: list[str] = []
    for what, path, params, key, read in asked:
        try:
            body = session.ask(f"list {what}", "GET", path, params=params, remedies={}, largest=LIST_BYTES)
            every = [sync for one in body[key] if (sync := read(one)) is not None]
            found += [sync for sync in every if sync.folder in folders]
        except VendorError as error:
            unseen.append(f"{what} ({why_not(error)})")
        except (KeyError, TypeError, AttributeError):
            # A field is missing or of another type than documented.
            unseen.append(f"{what} (the answer cannot be read)")
    return Syncs(tuple(found), tuple(unseen))


def why_not(error: VendorError) -> str:
    """Why something was not looked at, in a few words."""
    if isinstance(error, Missing) and error.code == NO_ROUTE:
        return "this server has no such route"
    return "rekey's identity may not list them" if isinstance(error, Refused) else error.fault


def _secret_sync(one: dict[str, Any]) -> Sync | None:
    folder, environment = one["folder"], one["environment"]
    if not one["isAutoSyncEnabled"] or folder is None or environment is None:
        return None
    settings = one["destinationConfig"]
    if one["destination"] == GITHUB:
        target = _at_github(settings.get("owner"), settings.get("repo"), settings.get("env"), settings.get("org"))
    else:
        target = str(settings.get("appName") or next(iter(settings.values()), ""))
    deletes = not one["syncOptions"].get("disableSecretDeletion")
    return Sync(str(one["destination"]), target, deletes, Location(environment["slug"], folder["path"]))


def _integration(one: dict[str, Any]) -> Sync | None:
    if not one["isActive"]:
        return None
    target = str(one["app"] or "")
    if one["integration"] == GITHUB:
        is_of = one.get("scope")
        target = _at_github(
            one.get("owner"),
            None if is_of == "github-org" else target,
            one.get("targetEnvironmentId") if is_of == "github-env" else None,
            one.get("owner"),
        )
    deletes = not (one["metadata"] or {}).get("shouldDisableDelete")
    return Sync(str(one["integration"]), target, deletes, Location(one["environment"]["slug"], one["secretPath"]))


def _at_github(owner: str | None, repository: str | None, environment: str | None, organisation: str | None) -> str:
    """As a consumer of the catalog is called: owner/name, with its environment; or the whole organisation."""
    if not repository:
        return f"organisation {organisation or '(not named)'}"
    return f"{owner}/{repository}" + (f" ({environment})" if environment else "")
