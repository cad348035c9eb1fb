"""The API keys of one organization at Anthropic, and how its Admin API shows, filters and changes them.

Of the reference of the Admin API (platform.claude.com/docs, read 2026-11-29) and the types of its Python library 2.14:
since version 2026-10-21 a key has no workspace_id any more, but a scope and a principal: all three before.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from deployments.sandbox import made_up
from deployments.sandbox.issuers.anthropic_answers import NEWEST, NotTakenError, numbered
from deployments.sandbox.issuers.keys import Keys

WORKSPACE, DEFAULT_WORKSPACE, USER = "wrkspc_01Sandbox", "wrkspc_01SandboxDefault", "user_01Sandbox"
STATUSES = ("active", "inactive", "archived")
EXPIRED = "expired"
_LONGEST_NAME = 500


@dataclass
class ApiKey:
    """One key as it is listed. Without a workspace it is in the default one."""

    id: str
    value: str
    name: str
    workspace: str | None = WORKSPACE
    status: str = "active"
    expires_at: str | None = None
    created_at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        ends = self.expires_at
        return ends is not None and datetime.fromisoformat(ends) <= datetime.fromtimestamp(time.time(), UTC)

    def listed(self, version: str) -> dict[str, object]:
        """Never its value."""
        old = {} if version == NEWEST else {"workspace_id": self.workspace}
        return {
            "id": self.id,
            "type": "api_key",
            "name": self.name,
            "partial_key_hint": f"{self.value[:16]}...{self.value[-4:]}",
            "status": EXPIRED if self.status == "active" and self.is_over else self.status,
            **old,
            "scope": {"type": "workspace", "workspace_id": self.workspace or DEFAULT_WORKSPACE},
            "principal": None,
            "created_at": self.created_at,
            "created_by": {"id": USER, "type": "user"},
            "expires_at": self.expires_at,
        }


class AnthropicKeys(Keys):
    """Those that are active live. ``delete`` is what its page calls Disable."""

    all: list[ApiKey]

    def mint(self) -> str:
        """Make one."""
        value = super().mint()
        self.all.append(ApiKey(numbered("apikey"), value, f"key {len(self.all) + 1}"))
        return value

    def delete(self, key: str) -> None:
        """Make it inactive. Raises ValueError for one that is not active."""
        super().delete(key)
        self.of(key).status = "inactive"

    def of(self, value: str) -> ApiKey:
        """The one with this value."""
        return next(one for one in self.all if one.value == value)

    def set(self, key: ApiKey, status: str) -> None:
        """Let it stand so."""
        if key.status == "active" and status != "active":
            self.delete(key.value)
        elif key.status != "active" and status == "active":
            self.living[made_up.identifier()] = key.value
            self._dying.remove(key.value)
            del self._ended_at[key.value]
        key.status = status

    def standing(self, status: str) -> dict[str, str]:
        """The values of those that stand so, by their ids."""
        return {one.id: one.value for one in self.all if one.status == status}

    def press(self, status: str, value: str) -> None:
        """As a person does on the page."""
        self.set(self.of(value), status)


def matching(rows: list[dict[str, object]], query: Mapping[str, str]) -> list[dict[str, object]]:
    """The keys that a list is asked for. Raises NotTakenError."""
    status, workspace, user = (query.get(one) for one in ("status", "workspace_id", "created_by_user_id"))
    if status is not None and status not in {*STATUSES, EXPIRED}:
        raise NotTakenError("status: Input should be 'active', 'inactive', 'archived' or 'expired'")
    return [
        row
        for row in rows
        if status in {None, row["status"]}
        and (workspace is None or row["scope"] == {"type": "workspace", "workspace_id": workspace})
        and user in {None, USER}
    ]


def change(keys: AnthropicKeys, key: ApiKey, asked: Mapping[str, object]) -> None:
    """Set the name and the status that were sent; null is as good as nothing. Raises NotTakenError."""
    name, status = asked.get("name"), asked.get("status")
    if name is not None and not (isinstance(name, str) and 1 <= len(name) <= _LONGEST_NAME):
        raise NotTakenError(f"name: String should have from 1 to {_LONGEST_NAME} characters")
    if status is not None and status not in STATUSES:
        raise NotTakenError("status: Input should be 'active', 'inactive' or 'archived'")
    # An archived key stays so: nobody documents how that is refused.
    if key.status == "archived" and status not in {None, "archived"}:
        raise NotTakenError("status: an archived key cannot be changed")
    key.name = str(name) if name is not None else key.name
    if status is not None:
        keys.set(key, str(status))
