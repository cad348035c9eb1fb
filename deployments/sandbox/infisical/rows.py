"""Secrets as the simulated vault keeps them. Rows are immutable and a commit swaps them, so any thread may read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deployments.sandbox import made_up


def iso(moment: datetime) -> str:
    """A moment as answers show it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Metadata:
    """One pair that a secret is described with. The value of an encrypted one is not searched."""

    key: str
    value: str = field(repr=False)
    is_encrypted: bool = False

    def as_json(self) -> dict[str, Any]:
        """As an answer shows it."""
        return {"key": self.key, "value": self.value, "isEncrypted": self.is_encrypted}


@dataclass(frozen=True, slots=True)
class Row:
    """One secret. ``rotated``: owned by a rotation of Infisical's own, so batches drop a value or a new name."""

    id: str
    key: str
    value: str = field(repr=False)
    comment: str
    version: int
    created_at: datetime
    updated_at: datetime
    rotated: bool = False
    # What else a request may set, see fields.py.
    skip_multiline: bool | None = False
    reminder_note: str | None = None
    reminder_days: float | None = None
    tag_ids: tuple[str, ...] = ()
    metadata: tuple[Metadata, ...] = ()


def new_row(key: str, value: str, comment: str = "", **more: Any) -> Row:
    """A row as a create makes it; ``more`` are fields of a Row."""
    now = datetime.now(UTC)
    return Row(made_up.identifier(), key, value, comment, 1, now, now, **more)


@dataclass(frozen=True, slots=True)
class Commit:
    """The rows of a folder, and the moment (monotonic clock) from which reads show them."""

    shown_from: float
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Import:
    """What a folder takes from another one."""

    environment: str
    path: str
    id: str = field(default_factory=made_up.identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self, folder: Folder) -> dict[str, Any]:
        """As its routes show it (fields of the vault's own schema)."""
        return {
            "id": self.id,
            "version": 1,
            "importPath": self.path,
            "importEnv": {"id": self.environment, "name": self.environment, "slug": self.environment},
            "position": folder.imports.index(self) + 1,
            "createdAt": iso(self.created_at),
            "updatedAt": iso(self.updated_at),
            "folderId": folder.id,
            "isReplication": False,
            "isReplicationSuccess": None,
            "replicationStatus": None,
            "lastReplicated": None,
            "isReserved": False,
        }


@dataclass(slots=True)
class Folder:
    """A folder and all its states."""

    path: str
    id: str = field(default_factory=made_up.identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    description: str | None = None
    commits: list[Commit] = field(default_factory=lambda: [Commit(float("-inf"), ())])
    # In their order, which is their position.
    imports: list[Import] = field(default_factory=list)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What the primary holds."""
        return self.commits[-1].rows

    @property
    def rows_seen(self) -> tuple[Row, ...]:
        """What a replica shows that is behind. Order is by id, not by name."""
        now = time.monotonic()
        seen = next(commit.rows for commit in reversed(self.commits) if commit.shown_from <= now)
        return tuple(sorted(seen, key=lambda row: row.id))


def reached_from(
    environments: Mapping[str, Mapping[str, Folder]], environment: str, path: str
) -> list[tuple[str, str]]:
    """The folder itself and all that it imports, by imports of imports too, each once."""
    reached = [(environment, path)]
    for slug, below in reached:
        folder = environments.get(slug, {}).get(below)
        imported = [(one.environment, one.path) for one in folder.imports] if folder is not None else []
        reached += [one for one in dict.fromkeys(imported) if one not in reached]
    return reached


def given_by(environments: Mapping[str, Mapping[str, Folder]], environment: str, path: str) -> dict[str, str]:
    """What a sync of the folder gives: what it imports, and before that what it holds."""
    found = [environments.get(slug, {}).get(below) for slug, below in reached_from(environments, environment, path)]
    return {row.key: row.value for one in reversed(found) if one is not None for row in one.rows}
