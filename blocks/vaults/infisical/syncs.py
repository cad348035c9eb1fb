"""To whom the vault itself gives a folder: secret syncs (servers since 2025), and the native integrations before them.

Whoever changes a secret of such a folder also makes the vault write there, and delete what the folder does not hold
(seen as Infisical/infisical#1050). Routes and fields are from Infisical's documentation and source, read 2026-11-27.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from blocks.errors import Missing, Refused, VendorError
from blocks.vaults.infisical.imports import Imports
from blocks.vaults.infisical.session import NO_ROUTE, InfisicalSession
from blocks.vaults.terms import Location, Sync, Syncs
from blocks.wire.exchange import LIST_BYTES

GITHUB = "github"
# Each is a question, or several.
MOST_FOLDERS = 20


def syncs_of(session: InfisicalSession, project_id: str, folders: Collection[Location], imports: Imports) -> Syncs:
    """Ask both routes for what is switched on for these folders, or for one that imports one of them.

    A sync carries what its folder imports as well (its source: secret-sync-queue.ts, ``includeImports``). Raises
    nothing: an error is not looked at.
    """
    asked: tuple[tuple[str, str, dict[str, str], str, Callable[[dict[str, Any]], Sync | None]], ...] = (
        ("secret syncs", "/api/v1/secret-syncs", {"projectId": project_id}, "secretSyncs", _secret_sync),
        ("integrations", f"/api/v1/workspace/{project_id}/integrations", {}, "integrations", _integration),
    )
    every: list[Sync] = []
    unseen: list[str] = []
    for what, path, params, key, read in asked:
        try:
            body = session.ask(f"list {what}", "GET", path, params=params, remedies={}, largest=LIST_BYTES)
            every += [sync for one in body[key] if (sync := read(one)) is not None]
        except VendorError as error:
            unseen.append(f"{what} ({why_not(error)})")
        except (KeyError, TypeError, AttributeError):
            # A field is missing or of another type than documented.
            unseen.append(f"{what} (the answer cannot be read)")
    found = [sync for sync in every if sync.folder in folders]
    found += _through([sync for sync in every if sync.folder not in folders], folders, imports, unseen)
    return Syncs(tuple(found), tuple(unseen))


def _through(
    others: Collection[Sync], folders: Collection[Location], imports: Imports, unseen: list[str]
) -> Iterator[Sync]:
    """Those of other folders that carry one of these, each as a sync of that one."""
    synced = list(dict.fromkeys(one.folder for one in others))
    more = len(synced) - MOST_FOLDERS
    if more > 0:
        unseen.append(f"what {more} more synced folders import (there are more than {MOST_FOLDERS})")
    for folder in synced[:MOST_FOLDERS]:
        try:
            reached = imports.reached_from(folder)
        except VendorError as error:
            unseen.append(f"what {folder.path} ({folder.environment}), which is synced, imports ({why_not(error)})")
            continue
        for one in (one for one in others if one.folder == folder):
            yield from (replace(one, folder=own, through=folder) for own in folders if own in reached)
    if synced:
        # Only by their values, which are not read.
        unseen.append("secrets of other synced folders whose values refer to these")


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
