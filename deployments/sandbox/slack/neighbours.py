"""Slack methods that other clients of the same workspace call: people, lists, threads.

From Slack's Web API reference (docs.slack.dev), 2026-11-27 and 2026-11-29.
"""

from __future__ import annotations

import base64
from typing import Any

from deployments.sandbox.slack import looks, people
from deployments.sandbox.slack.history import is_true, limit_of, page_of_history
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.state import SCOPES
from deployments.sandbox.slack.threads import Threads
from deployments.sandbox.slack.workspace import Method, Workspace


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
            "users.profile.get": self._profile,
            "users.getPresence": self._presence,
            "bots.info": self._bot,
            "team.info": self._team,
            "auth.teams.list": self._teams,
            "conversations.list": self._list,
            "users.conversations": self._own_list,
            "conversations.members": self._members,
            "conversations.replies": self._replies,
        }

    def _user(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read")
        if args.get("user") not in self._everybody():
            raise SlackError("user_not_found")
        return {"user": people.as_json(str(args["user"]))}

    def _users(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read")
        return _paged("members", [people.as_json(one) for one in sorted(self._everybody())], args)

    def _profile(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users.profile:read")
        # Without a name it is one's own.
        wanted = str(args.get("user") or people.BOT_USER)
        if wanted not in self._everybody():
            raise SlackError("user_not_found")
        return {"profile": people.as_json(wanted)["profile"]}

    def _presence(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read")
        if str(args.get("user") or people.BOT_USER) not in self._everybody():
            raise SlackError("user_not_found")
        return {"presence": "active"}

    def _bot(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read")
        if args.get("bot") != people.BOT:
            raise SlackError("bot_not_found")
        return {"bot": people.bot(looks.APP)}

    def _teams(self, args: dict[str, Any]) -> dict[str, Any]:
        """Where the app is installed, which needs no scope. That the icon comes only when asked for is documented."""
        shown = ("id", "name", "icon") if is_true(args.get("include_icon")) else ("id", "name")
        return _paged("teams", [{name: people.team()[name] for name in shown}], args)

    def _team(self, _: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("team:read")
        return {"team": people.team()}

    def _everybody(self) -> set[str]:
        return {*self._workspace.people(), people.BOT_USER}

    def _user_of_address(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("users:read.email")
        for one in self._workspace.people():
            if people.address(one) == str(args.get("email") or "").lower():
                return {"user": people.as_json(one)}
        raise SlackError("users_not_found")

    def _own_list(self, args: dict[str, Any]) -> dict[str, Any]:
        """Those in which the bot is. Of another person's only the ones that both share are known: all direct ones."""
        return self._list(args, own=True)

    def _list(self, args: dict[str, Any], *, own: bool = False) -> dict[str, Any]:
        wanted = [one.strip() for one in str(args.get("types") or "public_channel").split(",")]
        if not set(wanted) <= set(SCOPES):
            raise SlackError("invalid_types")
        for kind in wanted:
            self._workspace.demand(f"{SCOPES[kind]}:read")
        found = [
            one
            for one in self._workspace.conversations().values()
            if one.kind in wanted and (one.member if own else not one.is_hidden)
        ]
        if str(args.get("exclude_archived") or "").lower() in {"true", "1"}:
            found = [one for one in found if not one.archived]
        return _paged("channels", [one.as_json() for one in found], args)

    def _members(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._workspace.channel(args)
        self._workspace.demand(f"{SCOPES[channel.kind]}:read")
        others = [channel.user] if channel.user else list(channel.several)
        members = [*([people.BOT_USER] if channel.member else []), *others, *channel.people]
        return _paged("members", members, args)

    def _replies(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._workspace.channel(args)
        self._workspace.demand(f"{SCOPES[channel.kind]}:history")
        threads = Threads([one for one in self._workspace.messages if one["channel"] == channel.id])
        thread = threads.of(str(args.get("ts") or ""))
        if not thread:
            raise SlackError("thread_not_found")
        # The same pages as the history's, oldest first.
        page, whole = page_of_history(thread, args), is_true(args.get("include_all_metadata"))
        return {
            "messages": [threads.as_in_thread(one, with_metadata=whole) for one in reversed(page.messages)],
            "has_more": bool(page.cursor),
            "response_metadata": {"next_cursor": page.cursor},
        }


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
