"""conversations.open: the direct conversation with one person, or one with up to eight.

Of its page (docs.slack.dev, read 2026-11-29). The whole object of a direct conversation has the fields of that page's
example and of the answer's type in Slack's client for Node (@slack/web-api). Of several people the id
alone is shown.
"""

from __future__ import annotations

import secrets
import string
from typing import Any

from deployments.sandbox.slack import looks
from deployments.sandbox.slack.history import is_true
from deployments.sandbox.slack.people import TEAM
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.state import Channel
from deployments.sandbox.slack.workspace import Workspace

_ALPHABET = string.ascii_uppercase + string.digits
_MOST_PEOPLE = 8
_OPEN = {"no_op": True, "already_open": True}


class Opening:
    """How conversations with people begin."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def open(self, args: dict[str, Any]) -> dict[str, Any]:
        """The method. It resumes a conversation that is there."""
        if args.get("channel"):
            return {**_OPEN, "channel": self._told(self._resumed(args), args)}
        users = list(dict.fromkeys(one for one in str(args.get("users") or "").split(",") if one))
        self._workspace.demand("mpim:write" if len(users) > 1 else "im:write")
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > _MOST_PEOPLE:
            raise SlackError("too_many_users")
        if not set(users) <= set(self._workspace.people()):
            raise SlackError("user_not_found")
        already = _OPEN if self._found(users) else {}
        return {**already, "channel": self._told(self.direct(users), args)}

    def _resumed(self, args: dict[str, Any]) -> Channel:
        known = self._workspace.conversations().get(str(args["channel"]))
        self._workspace.demand("mpim:write" if known and known.several else "im:write")
        channel = self._workspace.channel(args)
        if channel.kind not in {"im", "mpim"}:
            raise SlackError("method_not_supported_for_channel_type")
        return channel

    def direct(self, users: list[str]) -> Channel:
        """The conversation with exactly these people, made when there is none."""
        new = "".join(secrets.choice(_ALPHABET) for _ in range(10))
        if len(users) > 1:
            return self._found(users) or self._workspace.add(Channel(f"G{new}", several=tuple(users)))
        return self._found(users) or self._workspace.add(Channel(f"D{new}", users[0]))

    def _found(self, users: list[str]) -> Channel | None:
        kept = self._workspace.conversations().values()
        if len(users) > 1:
            return next((one for one in kept if set(one.several) == set(users)), None)
        return next((one for one in kept if one.user == users[0] and one.member), None)

    def _told(self, channel: Channel, args: dict[str, Any]) -> dict[str, Any]:
        if not is_true(args.get("return_im")) or channel.user is None:
            return {"id": channel.id}
        messages = [one for one in self._workspace.messages if one["channel"] == channel.id]
        return {
            **channel.as_json(),
            "created": channel.created,
            "updated": channel.created * 1000,
            "context_team_id": TEAM,
            "is_archived": False,
            "is_org_shared": False,
            "is_open": True,
            "last_read": "0000000000.000000",
            "latest": looks.message(messages[-1], with_metadata=False) if messages else None,
            "unread_count": 0,
            "unread_count_display": 0,
            "priority": 0,
        }
