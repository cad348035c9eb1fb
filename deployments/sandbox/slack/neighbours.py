"""Slack methods that other clients of the same workspace call: people, lists, threads, changes of a message.

From Slack's Web API reference (docs.slack.dev), 2026-11-27. An address is a person's id at example.com.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from deployments.sandbox.slack.history import limit_of, page_of_history, shown
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.rules import fault_of_message
from deployments.sandbox.slack.state import Channel

_KINDS = {"D": ("im", "im:read"), "C": ("public_channel", "channels:read"), "G": ("private_channel", "groups:read")}
_CHANGED = ("text", "blocks", "metadata", "attachments")
Method = Callable[[dict[str, Any]], dict[str, Any]]


class Workspace(Protocol):
    """Whose people, conversations and messages they are."""

    messages: list[dict[str, Any]]

    def people(self) -> Iterable[str]:
        """The ids of all persons."""
        ...

    def conversations(self) -> Mapping[str, Channel]:
        """All conversations by id."""
        ...

    def channel(self, args: dict[str, Any]) -> Channel:
        """The one that the arguments name. Raises SlackError."""
        ...

    def demand(self, scope: str) -> None:
        """Raise SlackError unless the token has this scope."""
        ...


class Neighbours:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """All that ask for a token."""
        return {
            "users.info": self._user,
            "users.list": self._users,
            "users.lookupByEmail": self._user_of_address,
            "conversations.list": self._list,
            "users.conversations": self._list,
            "conversations.members": self._members,
            "conversations.replies": self._replies,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
        }

    def _user(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read")
        if args.get("user") not in set(self._workspace.people()):
            raise SlackError("user_not_found")
        return {"user": _person(str(args["user"]))}

    def _users(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read")
        return _paged("members", [_person(one) for one in sorted(self._workspace.people())], args)

    def _user_of_address(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read.email")
        for one in self._workspace.people():
            if _address(one) == str(args.get("email") or "").lower():
                return {"user": _person(one)}
        raise SlackError("users_not_found")

    def _list(self, args: dict[str, Any]) -> dict[str, Any]:
        wanted = [one.strip() for one in str(args.get("types") or "public_channel").split(",")]
        scopes = dict(_KINDS.values())
        if not set(wanted) <= {*scopes, "mpim"}:
            raise SlackError("invalid_types")
        for kind in wanted:
            self._workspace.demand(scopes.get(kind, "im:read"))
        found = [
            one
            for one in self._workspace.conversations().values()
            if _KINDS[one.id[0]][0] in wanted and (one.member or one.id.startswith("C"))
        ]
        if str(args.get("exclude_archived") or "").lower() in {"true", "1"}:
            found = [one for one in found if not one.archived]
        return _paged("channels", [one.as_json() for one in found], args)

    def _members(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._workspace.channel(args)
        self._workspace.demand(_KINDS[channel.id[0]][1])
        members = [*(["U0REKEY"] if channel.member else []), *([channel.user] if channel.user else [])]
        return _paged("members", members, args)

    def _replies(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._workspace.channel(args)
        self._workspace.demand(_KINDS[channel.id[0]][1].replace("read", "history"))
        ts = str(args.get("ts") or "")
        thread = [
            one
            for one in self._workspace.messages
            if one["channel"] == channel.id and ts in {one["ts"], one.get("thread_ts")}
        ]
        if not any(one["ts"] == ts for one in thread):
            raise SlackError("thread_not_found")
        # The same pages as the history's, oldest first.
        page = page_of_history(thread, args)
        return {
            "messages": [shown(one, with_metadata=False) for one in reversed(page.messages)],
            "has_more": bool(page.cursor),
            "response_metadata": {"next_cursor": page.cursor},
        }

    def _update(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("chat:write")
        message = self._message(args)
        fault = fault_of_message(args)
        if fault:
            raise SlackError(fault)
        message.update({name: args[name] for name in _CHANGED if name in args})
        message["edited"] = {"user": "U0REKEY", "ts": message["ts"]}
        told = {"channel": message["channel"], "ts": message["ts"], "text": message.get("text", "")}
        return {**told, "message": shown(message, with_metadata=True)}

    def _delete(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("chat:write")
        message = self._message(args)
        self._workspace.messages.remove(message)
        return {"channel": message["channel"], "ts": message["ts"]}

    def _permalink(self, args: dict[str, Any]) -> dict[str, Any]:
        message = self._message({**args, "ts": args.get("message_ts")})
        path = f"archives/{message['channel']}/p{message['ts'].replace('.', '')}"
        return {"channel": message["channel"], "permalink": f"https://sandbox.slack.com/{path}"}

    def _message(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._workspace.channel(args)
        for one in self._workspace.messages:
            if (one["channel"], one["ts"]) == (channel.id, args.get("ts")):
                return one
        raise SlackError("message_not_found")


def _paged(name: str, rows: list[Any], args: dict[str, Any]) -> dict[str, Any]:
    """The rows from the cursor on, as many as wanted, and the cursor of the next page ("" at the end)."""
    size, start = limit_of(args), 0
    if args.get("cursor"):
        start = next((number for number in range(len(rows)) if _cursor(number) == args["cursor"]), -1)
        if start < 0:
            raise SlackError("invalid_cursor")
    more = len(rows) > start + size
    return {
        name: rows[start : start + size],
        "response_metadata": {"next_cursor": _cursor(start + size) if more else ""},
    }


def _cursor(number: int) -> str:
    return base64.b64encode(f"next:{number}".encode()).decode()


def _address(user: str) -> str:
    return f"{user.lower()}@example.com"


def _person(user: str) -> dict[str, Any]:
    name = user.lower()
    profile = {"real_name": user, "display_name": name, "email": _address(user)}
    flags = dict.fromkeys(("deleted", "is_bot", "is_admin", "is_owner", "is_restricted", "is_app_user"), False)
    return {
        "id": user,
        "team_id": "T0SANDBOX",
        "name": name,
        "real_name": user,
        "tz": "UTC",
        **flags,
        "profile": profile,
    }
