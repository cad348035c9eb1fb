"""Reactions to messages, and channels that the bot joins.

Of the pages of reactions.add, reactions.remove, reactions.get and conversations.join (docs.slack.dev). Which emoji
there are is not known here: every name is taken that could be one.
"""

from __future__ import annotations

import re
from typing import Any

from deployments.sandbox.slack import looks, people
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.workspace import Method, Workspace

_NAME = re.compile(r":?([a-z0-9_'+-]+(?:::skin-tone-[2-6])?):?")


class Reactions:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """All that ask for a token."""
        return {
            "reactions.add": self._add,
            "reactions.remove": self._remove,
            "reactions.get": self._get,
            "conversations.join": self._join,
        }

    def _add(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("reactions:write")
        name, message = _name(args), self._message(args)
        rows = message.setdefault("reactions", [])
        if any(one["name"] == name for one in rows):
            raise SlackError("already_reacted")
        rows.append({"name": name, "users": [people.BOT_USER], "count": 1})
        return {}

    def _remove(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("reactions:write")
        name, message = _name(args), self._message(args)
        kept = [one for one in message.get("reactions", []) if one["name"] != name]
        if len(kept) == len(message.get("reactions", [])):
            raise SlackError("no_reaction")
        message["reactions"] = kept
        if not kept:
            del message["reactions"]
        return {}

    def _get(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("reactions:read")
        message = self._message(args)
        shown = looks.message(message, with_metadata=False)
        path = f"archives/{message['channel']}/p{message['ts'].replace('.', '')}"
        permalink = f"https://sandbox.slack.com/{path}"
        return {"type": "message", "channel": message["channel"], "message": {**shown, "permalink": permalink}}

    def _message(self, args: dict[str, Any]) -> dict[str, Any]:
        if not args.get("channel") or not args.get("timestamp"):
            raise SlackError("no_item_specified")
        channel = self._workspace.channel(args)
        for one in self._workspace.messages:
            if (one["channel"], one.get("ts")) == (channel.id, args["timestamp"]):
                return one
        raise SlackError("message_not_found")

    def _join(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("channels:join")
        channel = self._workspace.channel(args)
        if channel.kind != "public_channel":
            raise SlackError("method_not_supported_for_channel_type")
        if channel.archived:
            raise SlackError("is_archived")
        was_there, channel.member = channel.member, True
        warned = "already_in_channel"
        already = {"warning": warned, "response_metadata": {"warnings": [warned]}} if was_there else {}
        return {"channel": channel.as_json(), **already}


def _name(args: dict[str, Any]) -> str:
    read = _NAME.fullmatch(str(args.get("name") or ""))
    if read is None:
        raise SlackError("invalid_name")
    return read[1]
