"""User groups: made, changed, disabled and enabled, and who is in one.

Of the pages of usergroups.list, create, update, disable, enable, users.list and users.update (docs.slack.dev, read
2026-11-29). The workspace has a paid plan. By which error an unknown group is refused is documented of its list alone.
"""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any

from deployments.sandbox.slack import people
from deployments.sandbox.slack.history import is_true
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.workspace import Method, Workspace

_ALPHABET = string.ascii_uppercase + string.digits


@dataclass(slots=True)
class _Group:
    """A group. ``ended_at`` is when it was disabled, or 0."""

    id: str
    name: str
    handle: str
    description: str = ""
    users: list[str] = field(default_factory=list)
    made_at: int = field(default_factory=lambda: int(time.time()))
    changed_at: int = field(default_factory=lambda: int(time.time()))
    ended_at: int = 0

    def as_json(self, *, with_users: bool = False) -> dict[str, Any]:
        return {
            "id": self.id,
            "team_id": people.TEAM,
            "is_usergroup": True,
            "is_subteam": True,
            "name": self.name,
            "description": self.description,
            "handle": self.handle,
            "is_external": False,
            "date_create": self.made_at,
            "date_update": self.changed_at,
            "date_delete": self.ended_at,
            "auto_type": None,
            "created_by": people.BOT_USER,
            "updated_by": people.BOT_USER,
            "deleted_by": people.BOT_USER if self.ended_at else None,
            "prefs": {"channels": [], "groups": []},
            "user_count": len(self.users),
            **({"users": list(self.users)} if with_users else {}),
        }


class UserGroups:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._groups: dict[str, _Group] = {}

    def methods(self) -> dict[str, Method]:
        """All that ask for a token."""
        return {
            "usergroups.list": self._list,
            "usergroups.create": self._create,
            "usergroups.update": self._update,
            "usergroups.disable": self._disable,
            "usergroups.enable": self._enable,
            "usergroups.users.list": self._members,
            "usergroups.users.update": self._set_members,
        }

    def _list(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("usergroups:read")
        rows = [one for one in self._groups.values() if is_true(args.get("include_disabled")) or not one.ended_at]
        return {"usergroups": [one.as_json(with_users=is_true(args.get("include_users"))) for one in rows]}

    def _create(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("usergroups:write")
        name, handle = str(args.get("name") or ""), str(args.get("handle") or "")
        if not name:
            raise SlackError("missing_subteam_name")
        self._refuse_taken(name, handle, None)
        made = _Group(
            f"S{_random()}", name, handle or name.lower().replace(" ", "-"), str(args.get("description") or "")
        )
        self._groups[made.id] = made
        return {"usergroup": made.as_json()}

    def _update(self, args: dict[str, Any]) -> dict[str, Any]:
        group = self._written(args)
        name, handle = str(args.get("name") or group.name), str(args.get("handle") or group.handle)
        self._refuse_taken(name, handle, group)
        group.name, group.handle, group.changed_at = name, handle, int(time.time())
        group.description = str(args["description"]) if "description" in args else group.description
        return {"usergroup": group.as_json(with_users=True)}

    def _disable(self, args: dict[str, Any]) -> dict[str, Any]:
        group = self._written(args)
        group.ended_at = int(time.time())
        return {"usergroup": group.as_json()}

    def _enable(self, args: dict[str, Any]) -> dict[str, Any]:
        group = self._written(args)
        group.ended_at = 0
        return {"usergroup": group.as_json()}

    def _members(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("usergroups:read")
        return {"users": list(self._group(args).users)}

    def _set_members(self, args: dict[str, Any]) -> dict[str, Any]:
        group, users = self._written(args), [one for one in str(args.get("users") or "").split(",") if one]
        if not users:
            raise SlackError("no_users_provided")
        if not set(users) <= set(self._workspace.people()):
            raise SlackError("invalid_users")
        group.users, group.changed_at = list(dict.fromkeys(users)), int(time.time())
        return {"usergroup": group.as_json(with_users=True)}

    def _written(self, args: dict[str, Any]) -> _Group:
        self._workspace.demand("usergroups:write")
        return self._group(args)

    def _group(self, args: dict[str, Any]) -> _Group:
        found = self._groups.get(str(args.get("usergroup") or ""))
        if found is None:
            raise SlackError("no_such_subteam" if args.get("usergroup") else "missing_argument")
        return found

    def _refuse_taken(self, name: str, handle: str, itself: _Group | None) -> None:
        others = [one for one in self._groups.values() if one is not itself]
        if any(one.name == name for one in others):
            raise SlackError("name_already_exists")
        if handle and any(one.handle == handle for one in others):
            raise SlackError("handle_already_exists")


def _random() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))
