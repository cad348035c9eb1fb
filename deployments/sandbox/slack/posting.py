"""How messages are posted: at once, for one person's eyes, or later.

Of the pages of chat.postMessage, chat.postEphemeral, chat.scheduleMessage, chat.scheduledMessages.list and
chat.deleteScheduledMessage (docs.slack.dev). Nothing is timed by a timer: what is due is posted when somebody asks
next. A message for one person's eyes is not kept, and whoever is known counts as being in every channel.
"""

from __future__ import annotations

import re
import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any

from deployments.sandbox.slack import looks, people
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.rules import fault_of_message, received, warning_of
from deployments.sandbox.slack.state import Channel
from deployments.sandbox.slack.threads import kind_of_reply
from deployments.sandbox.slack.workspace import Method, Workspace

_KEPT = ("text", "blocks", "metadata", "thread_ts", "attachments")
_TS = re.compile(r"[0-9]+\.[0-9]+")
_ALPHABET = string.ascii_uppercase + string.digits
_FARTHEST_S = 120 * 24 * 3600


@dataclass(frozen=True, slots=True)
class _Scheduled:
    """A message that is due at ``post_at`` (epoch seconds)."""

    id: str
    channel: Channel
    args: dict[str, Any]
    post_at: int
    made_at: int = field(default_factory=lambda: int(time.time()))

    def as_json(self) -> dict[str, Any]:
        text = str(self.args.get("text") or "")
        return {"id": self.id, "channel_id": self.channel.id, "post_at": self.post_at, "date_created": self.made_at} | {
            "text": text
        }


class Posting:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._scheduled: list[_Scheduled] = []

    def methods(self) -> dict[str, Method]:
        """All ask for chat:write but the list, which asks for nothing."""
        return {
            "chat.postMessage": self._post,
            "chat.meMessage": self._me,
            "chat.postEphemeral": self._show,
            "chat.scheduleMessage": self._schedule,
            "chat.scheduledMessages.list": self._list,
            "chat.deleteScheduledMessage": self._unschedule,
        }

    def deliver(self) -> None:
        """Post what is due, in its order."""
        now = time.time()
        due = [one for one in self._scheduled if one.post_at <= now]
        self._scheduled = [one for one in self._scheduled if one.post_at > now]
        for one in sorted(due, key=lambda one: one.post_at):
            self._workspace.messages.append(self._message(one.channel, one.args))

    def _post(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._may_post(args)
        self._workspace.count(channel.id)
        message = self._message(channel, args)
        self._workspace.messages.append(message)
        shown = looks.message(message, with_metadata=True)
        return {"channel": channel.id, "ts": message["ts"], "message": shown, **warning_of(args)}

    def _me(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = self._may_post(args)
        self._workspace.count(channel.id)
        message = self._message(channel, {"text": args.get("text")}) | {"subtype": "me_message"}
        self._workspace.messages.append(message)
        return {"channel": channel.id, "ts": message["ts"]}

    def _show(self, args: dict[str, Any]) -> dict[str, Any]:
        self._may_post(args)
        if warning_of(args):
            # It is said to be too long, and not to be cut off (the method's page).
            raise SlackError("msg_too_long")
        if args.get("user") not in {*self._workspace.people(), people.BOT_USER}:
            raise SlackError("user_not_in_channel")
        return {"message_ts": self._workspace.stamp()}

    def _schedule(self, args: dict[str, Any]) -> dict[str, Any]:
        channel, now, asked = self._may_post(args), int(time.time()), str(args.get("post_at") or "")
        if not (asked.isascii() and asked.isdecimal() and len(asked) < len("0" * 12)):
            raise SlackError("invalid_time")
        if int(asked) <= now:
            raise SlackError("time_in_past")
        if int(asked) > now + _FARTHEST_S:
            raise SlackError("time_too_far")
        made = _Scheduled(f"Q{''.join(secrets.choice(_ALPHABET) for _ in range(10))}", channel, args, int(asked))
        self._scheduled.append(made)
        origin = {"type": "delayed_message", "subtype": "bot_message", "bot_id": people.BOT}
        shown = {**received(args, _KEPT), **origin}
        told = {"scheduled_message_id": made.id, "channel": channel.id, "post_at": made.post_at}
        return {**told, "message": looks.message(shown, with_metadata=True)}

    def _list(self, args: dict[str, Any]) -> dict[str, Any]:
        wanted = args.get("channel")
        if wanted:
            self._workspace.channel(args)
        rows = [one.as_json() for one in self._scheduled if wanted in {None, "", one.channel.id}]
        return {"scheduled_messages": rows, "response_metadata": {"next_cursor": ""}}

    def _unschedule(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("chat:write")
        channel, wanted = self._workspace.channel(args), args.get("scheduled_message_id")
        found = [one for one in self._scheduled if (one.id, one.channel.id) == (wanted, channel.id)]
        if not found:
            raise SlackError("invalid_scheduled_message_id")
        self._scheduled.remove(found[0])
        return {}

    def _may_post(self, args: dict[str, Any]) -> Channel:
        """The conversation that a message may be posted to. Raises SlackError."""
        self._workspace.demand("chat:write")
        channel = self._workspace.addressed(args)
        if not channel.member:
            raise SlackError("not_in_channel")
        if channel.archived:
            raise SlackError("is_archived")
        fault = fault_of_message(args)
        if fault:
            raise fault
        thread = args.get("thread_ts")
        if thread is not None and thread != "" and not _TS.fullmatch(str(thread)):
            raise SlackError("invalid_thread_ts", messages=(f"{thread} is not a valid thread_ts",))
        return channel

    def _message(self, channel: Channel, args: dict[str, Any]) -> dict[str, Any]:
        origin = {"type": "message", "channel": channel.id, "ts": self._workspace.stamp()}
        by = {"user": people.BOT_USER, "bot_id": people.BOT}
        return origin | by | kind_of_reply(args) | received(args, _KEPT)
