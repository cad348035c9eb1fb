"""Channels: made, renamed, described, archived and brought back; who is in them; direct conversations that are closed.

Of the pages of conversations.create, archive, unarchive, rename, setTopic, setPurpose, invite, kick, leave, mark and
close (docs.slack.dev, read 2026-11-29). In which order several errors are looked for is inferred, and the messages are
left out with which Slack tells a channel of such a change.
"""

from __future__ import annotations

import re
import secrets
import string
import time
from typing import Any

from deployments.sandbox.slack import people
from deployments.sandbox.slack.history import is_true
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.state import Channel
from deployments.sandbox.slack.workspace import Method, Workspace

_ALPHABET = string.ascii_uppercase + string.digits
_LONGEST_NAME, _LONGEST_TEXT = 80, 250
_TS = re.compile(r"[0-9]+\.[0-9]+")
# What a bot needs to change a conversation of each kind.
_MANAGES = {
    "public_channel": "channels:manage",
    "private_channel": "groups:write",
    "im": "im:write",
    "mpim": "mpim:write",
}
_CHANNELS = {"public_channel", "private_channel"}


class Channels:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """All that ask for a token."""
        return {
            "conversations.create": self._create,
            "conversations.archive": self._archive,
            "conversations.unarchive": self._unarchive,
            "conversations.rename": self._rename,
            "conversations.setTopic": self._set_topic,
            "conversations.setPurpose": self._set_purpose,
            "conversations.invite": self._invite,
            "conversations.kick": self._kick,
            "conversations.leave": self._leave,
            "conversations.mark": self._mark,
            "conversations.close": self._close,
        }

    def _create(self, args: dict[str, Any]) -> dict[str, Any]:
        is_private = is_true(args.get("is_private"))
        self._workspace.demand(_MANAGES["private_channel" if is_private else "public_channel"])
        name = self._name(args)
        made = f"C{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"
        channel = self._workspace.add(Channel(made, named=name, is_private=is_private))
        return {"channel": channel.as_json()}

    def _archive(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._managed(args)
        if not channel.member:
            raise SlackError("not_in_channel")
        if channel.archived:
            raise SlackError("already_archived")
        channel.archived = True
        return {}

    def _unarchive(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._managed(args)
        if not channel.archived:
            raise SlackError("not_archived")
        channel.archived = False
        return {}

    def _rename(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._own(args)
        channel.named = self._name(args)
        return {"channel": channel.as_json()}

    def _set_topic(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._own(args, topics=True)
        channel.topic = _said(args.get("topic"))
        return {"channel": channel.as_json()}

    def _set_purpose(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._own(args, topics=True)
        channel.purpose = _said(args.get("purpose"))
        return {"purpose": channel.purpose["value"]}

    def _invite(self, args: dict[str, Any]) -> dict[str, Any]:
        users = [one.strip() for one in str(args.get("users") or "").split(",") if one.strip()]
        channel = self._own(args)
        if not users:
            raise SlackError("no_user")
        for user in users:
            if user == people.BOT_USER:
                raise SlackError("cant_invite_self")
            if user not in self._workspace.people():
                raise SlackError("user_not_found")
            if user in channel.people:
                raise SlackError("already_in_channel")
        channel.people += users
        return {"channel": channel.as_json()}

    def _kick(self, args: dict[str, Any]) -> dict[str, Any]:
        channel, user = self._managed(args), str(args.get("user") or "")
        if user == people.BOT_USER:
            raise SlackError("cant_kick_self")
        if user not in self._workspace.people():
            raise SlackError("user_not_found")
        if user not in channel.people:
            raise SlackError("not_in_channel")
        channel.people.remove(user)
        return {"errors": {}}

    def _leave(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._managed(args)
        if not channel.member:
            return {"ok": False, "not_in_channel": True}
        if channel.archived:
            raise SlackError("is_archived")
        if channel.named and not channel.people:
            # Only of a channel that was made here it is known that nobody else is in it.
            raise SlackError("last_member")
        channel.member = False
        return {}

    def _mark(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._workspace.channel(args)
        self._workspace.demand(_MANAGES[channel.kind])
        if not channel.member:
            raise SlackError("not_in_channel")
        if not _TS.fullmatch(str(args.get("ts") or "")):
            raise SlackError("invalid_timestamp")
        return {}

    def _close(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._workspace.channel(args)
        self._workspace.demand(_MANAGES[channel.kind])
        if channel.kind in _CHANNELS:
            raise SlackError("method_not_supported_for_channel_type")
        was_closed, channel.closed = channel.closed, True
        return {"no_op": True, "already_closed": True} if was_closed else {}

    def _managed(self, args: dict[str, Any], *, topics: bool = False) -> Channel:
        """The channel that is to be changed. Topics may have conversations of several people, too."""
        channel = self._workspace.channel(args)
        self._workspace.demand(_MANAGES[channel.kind])
        if channel.kind not in (_CHANNELS | {"mpim"} if topics else _CHANNELS):
            raise SlackError("method_not_supported_for_channel_type")
        return channel

    def _own(self, args: dict[str, Any], *, topics: bool = False) -> Channel:
        """A channel in which the bot is and that is not archived, as it is."""
        channel = self._managed(args, topics=topics)
        if not channel.member:
            raise SlackError("not_in_channel")
        if channel.archived:
            raise SlackError("is_archived")
        return channel

    def _name(self, args: dict[str, Any]) -> str:
        name = str(args.get("name") or "")
        if not name:
            raise SlackError("invalid_name_required")
        if len(name) > _LONGEST_NAME:
            raise SlackError("invalid_name_maxlength")
        if not any(character.isalnum() for character in name):
            raise SlackError("invalid_name_punctuation")
        # Letters of other alphabets are taken.
        if not all(character.isalnum() or character in "-_" for character in name) or name != name.lower():
            raise SlackError("invalid_name_specials")
        if any(one.as_json().get("name") == name for one in self._workspace.conversations().values()):
            raise SlackError("name_taken")
        return name


def _said(text: Any) -> dict[str, Any]:
    value = str(text or "")
    if len(value) > _LONGEST_TEXT:
        raise SlackError("too_long")
    return {"value": value, "creator": people.BOT_USER, "last_set": int(time.time())}
