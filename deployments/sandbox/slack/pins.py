"""Messages that are pinned to their channel, and what the bot reacted to.

Of the pages of pins.add, pins.remove, pins.list and reactions.list (docs.slack.dev, read 2026-11-29).
"""

from __future__ import annotations

import re
import time
from typing import Any

from deployments.sandbox.slack import looks, people
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.workspace import Method, Workspace

_TS = re.compile(r"[0-9]+\.[0-9]+")


class Pins:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """All that ask for a token."""
        return {
            "pins.add": self._add,
            "pins.remove": self._remove,
            "pins.list": self._list,
            "reactions.list": self._reacted,
        }

    def _add(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("pins:write")
        message = self._message(args)
        if "pinned_to" in message:
            raise SlackError("already_pinned")
        message["pinned_to"] = [message["channel"]]
        message["pinned_info"] = {
            "channel": message["channel"],
            "pinned_by": people.BOT_USER,
            "pinned_ts": int(time.time()),
        }
        return {}

    def _remove(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("pins:write")
        message = self._message(args)
        if "pinned_to" not in message:
            raise SlackError("no_pin")
        del message["pinned_to"], message["pinned_info"]
        return {}

    def _list(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("pins:read")
        channel = self._workspace.channel(args)
        pinned = [one for one in self._workspace.messages if one["channel"] == channel.id and "pinned_to" in one]
        newest = sorted(pinned, key=lambda one: one["pinned_info"]["pinned_ts"], reverse=True)
        return {"items": [_item(one) | _when(one) for one in newest]}

    def _reacted(self, args: dict[str, Any]) -> dict[str, Any]:
        """Pages by number, as when no cursor is asked for."""
        self._workspace.demand("reactions:read")
        user = str(args.get("user") or people.BOT_USER)
        if user not in {*self._workspace.people(), people.BOT_USER}:
            raise SlackError("user_not_found")
        found = [one for one in reversed(self._workspace.messages) if _has_reacted(user, one)]
        told = {"count": 100, "total": len(found), "page": 1, "pages": 1}
        return {"items": [_item(one) for one in found[:100]], "paging": told, "response_metadata": {"next_cursor": ""}}

    def _message(self, args: dict[str, Any]) -> dict[str, Any]:
        channel, ts = self._workspace.channel(args), str(args.get("timestamp") or "")
        if not ts:
            raise SlackError("no_item_specified")
        if not _TS.fullmatch(ts):
            raise SlackError("bad_timestamp")
        if not channel.member:
            raise SlackError("not_in_channel")
        for one in self._workspace.messages:
            if (one["channel"], one["ts"]) == (channel.id, ts):
                return one
        raise SlackError("message_not_found")


def _item(message: dict[str, Any]) -> dict[str, Any]:
    path = f"archives/{message['channel']}/p{message['ts'].replace('.', '')}"
    shown = {**looks.message(message, with_metadata=False), "permalink": f"https://sandbox.slack.com/{path}"}
    return {"type": "message", "channel": message["channel"], "message": shown}


def _when(message: dict[str, Any]) -> dict[str, Any]:
    about = message["pinned_info"]
    return {"created": about["pinned_ts"], "created_by": about["pinned_by"]}


def _has_reacted(user: str, message: dict[str, Any]) -> bool:
    return any(user in one["users"] for one in message.get("reactions", []))
