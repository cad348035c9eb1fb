"""A project of the simulated vault: its environments, and the tags that its secrets may have."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deployments.sandbox.infisical.rows import Folder, iso


@dataclass(slots=True)
class Tag:
    """A mark of secrets."""

    id: str
    slug: str
    color: str | None = None
    made_by: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self, project_id: str) -> dict[str, Any]:
        """As its own routes show it."""
        moment = iso(self.created_at)
        return {
            "id": self.id,
            "slug": self.slug,
            "color": self.color,
            "createdAt": moment,
            "updatedAt": moment,
            "createdBy": self.made_by,
            "projectId": project_id,
            "createdByActorType": "identity" if self.made_by else "user",
        }


@dataclass(slots=True)
class Project:
    """Environments by slug in their order, each with its folders by path."""

    id: str
    slug: str
    environments: dict[str, dict[str, Folder]]
    enforce_capitalization: bool = False
    tags: dict[str, Tag] = field(default_factory=dict)
    # What environments are called, where it is not their slug.
    names: dict[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def name_of(self, environment: str) -> str:
        """What an environment is called."""
        return self.names.get(environment, environment)
