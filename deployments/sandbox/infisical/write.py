"""The simulated vault's writes: validated first, then one transaction, in the words of each age of server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.infisical.read import Scope, folder_of, shown
from deployments.sandbox.infisical.rows import Row, new_row
from deployments.sandbox.infisical.state import Refusal, Vault, trimmed


@dataclass(frozen=True, slots=True)
class Item:
    """One secret of a write. None means that the request has no such field."""

    key: str
    value: str | None = field(default=None, repr=False)
    comment: str | None = None
    new_key: str | None = None
    path: str | None = None
    # Further fields of a Row.
    changes: Mapping[str, Any] = field(default_factory=dict)


def as_stored(vault: Vault, scope: Scope, items: Sequence[Item]) -> Sequence[Item]:
    """What a batch makes of its items: themselves, unless the server is to mix up their values."""
    if vault.knobs.batch_mixes_up != scope.path:
        return items
    values = [item.value for item in (*items[1:], items[0])]
    return [replace(item, value=value) for item, value in zip(items, values, strict=True)]


def approval() -> dict[str, Any]:
    """What a change policy answers, with status 200."""
    return {"approval": {"id": made_up.identifier(), "slug": "change-request", "status": "open", "hasMerged": False}}


def refuse_create(vault: Vault, scope: Scope, items: Sequence[Item], *, batch: bool) -> None:
    """Raise unless all names are new. A name that is twice in the batch passes, as on the real server."""
    _refuse_lower_case(vault, scope, [item.key for item in items])
    folder = folder_of(vault, scope, "CreateManySecret" if batch else "CreateSecret")
    existing = {row.key for row in folder.rows}
    clash = [item.key for item in items if item.key in existing]
    if clash:
        raise Refusal(400, "BadRequest", _clash(vault, scope, clash, batch=batch))
    refuse_unknown_tags(scope, items)


def _clash(vault: Vault, scope: Scope, names: Sequence[str], *, batch: bool) -> str:
    """Of a batch today, the words are those that the vault's own tests ask for (TestSecret_Batch)."""
    if not vault.is_current:
        return "Secret already exist" + (f": {','.join(names)}" if batch else "")
    told = ", ".join(f"'{name}'" for name in names)
    where = f": {told} in path '{scope.path}' of environment '{scope.environment}'"
    return "Secret already exists" + (where if batch else "")


def refuse_unknown_tags(scope: Scope, items: Sequence[Item]) -> None:
    """Raise unless the project has every tag that is named (the service's own words in its source)."""
    named = dict.fromkeys(one for item in items for one in item.changes.get("tag_ids", ()))
    known = [scope.project.tags[one].slug for one in named if one in scope.project.tags]
    if len(known) != len(named):
        raise Refusal(404, "NotFound", f"Tag not found. Found {','.join(known)}")


def create(vault: Vault, scope: Scope, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Insert without a look at what is there: concurrent creates of one name make two rows."""
    folder = folder_of(vault, scope, "CreateSecret")
    rows = [_new(item) for item in items]
    vault.commit(scope.project, scope.environment, {scope.path: (*folder.rows, *rows)})
    bodies = [shown(vault, scope, row) for row in rows]
    for body in bodies:
        body.pop("secretValueHidden", None)
    return bodies


def update(vault: Vault, scope: Scope, item: Item) -> dict[str, Any]:
    """Change one secret. The answer echoes the request, it does not show what is stored."""
    rows = folder_of(vault, scope, "UpdateSecret").rows
    if item.key not in {row.key for row in rows}:
        raise Refusal(404, "NotFound", f"Secret with name {item.key} not found")
    if item.new_key is not None:
        _refuse_new_name(vault, scope, item.new_key, {row.key for row in rows})
    changed = [_changed(row, item) if row.key == item.key else row for row in rows]
    vault.commit(scope.project, scope.environment, {scope.path: tuple(changed)})
    row = next(row for row in changed if row.key == (item.new_key or item.key))
    echoed = {"secretValue": trimmed(item.value or ""), "secretComment": item.comment or ""}
    return shown(vault, scope, row, **echoed)


def update_many(vault: Vault, scope: Scope, items: Sequence[Item], mode: str) -> list[dict[str, Any]]:
    """Change several secrets in one transaction, all or nothing; today also in several folders."""
    if vault.knobs.batch_fails_once:
        vault.knobs.batch_fails_once = False
        raise Refusal(500, "bulk update secret", "Something went wrong")
    by_path: dict[str, list[Item]] = {}
    for item in items:
        path = (item.path if vault.is_current else None) or scope.path
        by_path.setdefault(path, []).append(item)
    scopes = {path: Scope(scope.project, scope.environment, path) for path in by_path}
    planned = {path: _planned(vault, scopes[path], group, mode) for path, group in by_path.items()}
    vault.commit(scope.project, scope.environment, {path: rows for path, (rows, _) in planned.items()})
    return [shown(vault, scopes[path], row) for path, (_, touched) in planned.items() for row in touched]


def delete(vault: Vault, scope: Scope, name: str) -> dict[str, Any]:
    """Delete one secret (one row, when the name is there twice)."""
    rows = folder_of(vault, scope, "DeleteSecret").rows
    row = next((row for row in rows if row.key == name), None)
    if row is None:
        message = "Secret not found" if vault.is_current else f"Secret with name '{name}' not found"
        raise Refusal(404, "NotFound", message)
    vault.commit(scope.project, scope.environment, {scope.path: tuple(r for r in rows if r is not row)})
    return shown(vault, scope, row)


def delete_many(vault: Vault, scope: Scope, names: Sequence[str]) -> list[dict[str, Any]]:
    """Delete several secrets in one transaction, all or nothing."""
    rows = folder_of(vault, scope, "DeleteManySecret").rows
    gone = [row for row in rows if row.key in names]
    if vault.is_current:
        _refuse_absent(names, {row.key for row in gone})
    elif len(gone) != len(names):
        existing = ",".join(row.key for row in gone)
        raise Refusal(404, "NotFound", f"One or more secrets does not exist: {existing}")
    vault.commit(scope.project, scope.environment, {scope.path: tuple(row for row in rows if row not in gone)})
    return [shown(vault, scope, row) for row in gone]


def _refuse_absent(names: Sequence[str], existing: set[str]) -> None:
    """What cannot be deleted today, by the vault's own tests (TestSecret_Batch); in 2024 it named what was there."""
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise Refusal(400, "BadRequest", f"Each secret can only be deleted once per request: {', '.join(twice)}")
    absent = [name for name in names if name not in existing]
    if absent:
        raise Refusal(404, "NotFound", f"One or more secrets does not exist: {', '.join(absent)}")


def _planned(vault: Vault, scope: Scope, items: Sequence[Item], mode: str) -> tuple[tuple[Row, ...], list[Row]]:
    rows = folder_of(vault, scope, "UpdateManySecret").rows
    existing = {row.key for row in rows}
    absent = [item for item in items if item.key not in existing]
    keys = [item.key for item in items]
    if len(set(keys)) != len(keys) or (absent and mode == "failOnNotFound"):
        raise _not_all_there(vault, scope, items, existing)
    _refuse_lower_case(vault, scope, [item.key for item in absent] if mode == "upsert" else [])
    _refuse_taken(vault, scope, items)
    by_key = {item.key: item for item in items}
    changed = [_changed(row, by_key[row.key], batch=True) if row.key in by_key else row for row in rows]
    added = [_new(item) for item in absent] if mode == "upsert" else []
    touched = [row for row, old in zip(changed, rows, strict=True) if row is not old]
    return (*changed, *added), [*touched, *added]


def _not_all_there(vault: Vault, scope: Scope, items: Sequence[Item], existing: set[str]) -> Refusal:
    # The server of 2024 names the ones that do exist.
    named = dict.fromkeys(item.key for item in items if (item.key in existing) is not vault.is_current)
    where = f" in path {scope.path}" if vault.is_current else ""
    return Refusal(404, "NotFound", f"Secret does not exist: {','.join(named)}{where}")


def _refuse_new_name(vault: Vault, scope: Scope, name: str, existing: set[str]) -> None:
    """Of a single secret, in the words of each age's source."""
    if not name:
        raise Refusal(400, "BadRequest", "New secret name cannot be empty")
    _refuse_lower_case(vault, scope, [name])
    if name in existing:
        verb = "exists" if vault.is_current else "exist"
        raise Refusal(400, "BadRequest", f"Secret with the new name already {verb}")


def _refuse_taken(vault: Vault, scope: Scope, items: Sequence[Item]) -> None:
    _refuse_lower_case(vault, scope, [item.new_key for item in items if item.new_key])
    existing = {row.key for row in folder_of(vault, scope, "UpdateSecret").rows}
    taken = [item.new_key for item in items if item.new_key and item.new_key in existing]
    if taken:
        raise Refusal(400, "BadRequest", f"Secret with new name already exists: {','.join(taken)}")


def _refuse_lower_case(vault: Vault, scope: Scope, keys: Sequence[str]) -> None:
    if vault.is_current and scope.project.enforce_capitalization and any(key != key.upper() for key in keys):
        raise Refusal(400, "BadRequest", "Secret name must be in UPPERCASE per project requirements")


def _new(item: Item) -> Row:
    return new_row(item.key, trimmed(item.value or ""), item.comment or "", **item.changes)


def _changed(row: Row, item: Item, *, batch: bool = False) -> Row:
    """The next version: plus one on every change, also with an equal value."""
    drops = batch and row.rotated
    return replace(
        row,
        key=row.key if drops or item.new_key is None else item.new_key,
        value=row.value if drops or item.value is None else trimmed(item.value),
        comment=row.comment if item.comment is None else item.comment,
        version=row.version + 1,
        updated_at=datetime.now(UTC),
        **item.changes,
    )
