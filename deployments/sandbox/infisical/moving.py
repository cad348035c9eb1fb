"""The simulated vault's way to move secrets from one folder into another, in one transaction, in both versions.

From the vault's own source (``moveSecrets`` in secret-v2-bridge-service.ts, read 2026-11-29) and its tests
(TestSecret_Move). A secret that is moved begins again at version 1 with another id and without its tags; one that is
there with the same value is only deleted where it was. References to it are not rewritten here, as they are since 2026.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.read import Scope
from deployments.sandbox.infisical.rows import Folder, Row, new_row
from deployments.sandbox.infisical.state import Refusal, Vault

_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


@dataclass(frozen=True, slots=True)
class _Move:
    """From where to where, and which ones."""

    source: Scope
    destination: Scope
    rows: list[Row]
    overwrites: bool


class Moving:
    """The route of each version. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self, api: str) -> list[Route]:
        """One; v3 names the project by its slug."""
        names_slug = api == "v3"
        move = self._closed("secrets", partial(self._move, names_slug))
        return [Route(f"/api/{api}/secrets/move", move, methods=["POST"])]

    async def _move(self, names_slug: bool, call: Call) -> Any:
        asked = self._asked(names_slug, call)
        source, destination = self._folder("Source", asked.source), self._folder("Destination", asked.destination)
        for right in ("delete", "read", "create", "edit"):
            reads.permit(self._vault, call.identity, asked.source.project, right)
        self._refuse_clash(asked, {row.key: row.value for row in destination.rows})
        ids = {row.id for row in asked.rows}
        left = tuple(row for row in source.rows if row.id not in ids)
        for scope, rows in ((asked.destination, _with(destination, asked.rows)), (asked.source, left)):
            self._vault.commit(scope.project, scope.environment, {scope.path: rows})
        return {"isSourceUpdated": True, "isDestinationUpdated": True}

    def _asked(self, names_slug: bool, call: Call) -> _Move:
        fields, where = call.fields, {}
        named = fields.text("projectSlug" if names_slug else "projectId")
        for side in ("source", "destination"):
            where[side] = (fields.text(f"{side}Environment"), fields.secret_path(f"{side}SecretPath"))
        if not fields.has("secretIds"):
            # A list that may be absent is read like one that may not, but for that.
            next(fields.items("secretIds"), None)
        ids, overwrites = fields.texts("secretIds"), bool(fields.switch("shouldOverwrite", nullable=False))
        fields.check()
        project = self._project(call, named, names_slug=names_slug)
        source, destination = (Scope(project, *where[side]) for side in ("source", "destination"))
        rows = [row for row in _all_rows(project) if row.id in ids]
        return _Move(source, destination, rows if len(rows) == len(ids) else [], overwrites)

    def _project(self, call: Call, named: str, *, names_slug: bool) -> Project:
        if not names_slug:
            return reads.project_of(self._vault, call.identity, project_id=named, slug=None)
        known = {one.slug: one for one in self._vault.projects.values()}
        if named not in known:
            raise Refusal(404, "NotFound", f"Project with slug '{named}' not found")
        return reads.own_project(self._vault, call.identity, known[named].id)

    def _folder(self, side: str, scope: Scope) -> Folder:
        folder = self._vault.folder(scope.project, scope.environment, scope.path)
        if folder is not None:
            return folder
        if not self._vault.is_current:
            raise Refusal(404, "NotFound", f"{side} path does not exist.")
        where = f"path '{scope.path}' in environment with slug '{scope.environment}'"
        raise Refusal(404, "NotFound", f"{side} folder with {where} not found")

    def _refuse_clash(self, asked: _Move, there: dict[str, str]) -> None:
        rotated = next((row.key for row in asked.rows if row.rotated), None)
        if rotated is not None:
            raise Refusal(400, "BadRequest", f"Cannot move rotated secret: {rotated}")
        if not asked.rows:
            raise Refusal(400, "BadRequest", "Invalid secrets")
        others = [row.key for row in asked.rows if there.get(row.key, row.value) != row.value]
        if others and not asked.overwrites:
            told = f"The following secrets already exist in the destination: {','.join(others)}"
            raise Refusal(400, "BadRequest", f"Failed to move secrets. {told}")
        if all(there.get(row.key) == row.value for row in asked.rows):
            raise Refusal(400, "BadRequest", "Selected secrets already exist in the destination.")


def _all_rows(project: Project) -> list[Row]:
    folders = [folder for below in project.environments.values() for folder in below.values()]
    return [row for folder in folders for row in folder.rows]


def _with(folder: Folder, moved: list[Row]) -> tuple[Row, ...]:
    """The folder's rows with these: changed where the value is another one, and new where the name is."""
    by_key = {row.key: row for row in moved}
    changed = [
        _overwritten(row, by_key[row.key]) if by_key.get(row.key, row).value != row.value else row
        for row in folder.rows
    ]
    there = {row.key for row in folder.rows}
    return (*changed, *(_made(row) for row in moved if row.key not in there))


def _overwritten(row: Row, by: Row) -> Row:
    taken = {name: getattr(by, name) for name in ("value", "comment", "skip_multiline", "metadata")}
    return replace(row, version=row.version + 1, updated_at=datetime.now(UTC), **taken)


def _made(row: Row) -> Row:
    kept = {name: getattr(row, name) for name in ("skip_multiline", "reminder_note", "reminder_days", "metadata")}
    return new_row(row.key, row.value, row.comment, **kept)
