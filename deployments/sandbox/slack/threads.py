"""Threads: history has their first messages alone, which say how many replies there are, and by whom.

Of Slack's reference (docs.slack.dev, conversations.history and conversations.replies, read 2026-11-29). The fields of a
first message, and of a reply that was sent to the channel, too, are those of public captures of answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deployments.sandbox.slack import looks
from deployments.sandbox.slack.history import is_true

BROADCAST = "thread_broadcast"
Message = dict[str, Any]


def kind_of_reply(args: dict[str, Any]) -> dict[str, str]:
    """The subtype of a reply that goes to the channel, too."""
    return {"subtype": BROADCAST} if args.get("thread_ts") and is_true(args.get("reply_broadcast")) else {}


class Threads:
    """Those of one conversation."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._by_ts = {one["ts"]: one for one in messages}
        self._replies: dict[str, list[Message]] = {}
        for one in messages:
            if _is_reply(one):
                self._replies.setdefault(_first(one), []).append(one)

    def whole(self) -> list[Message]:
        """All messages, with the replies."""
        return list(self._messages)

    def in_channel(self) -> list[Message]:
        """What is seen without opening a thread."""
        return [one for one in self._messages if not _is_reply(one) or one.get("subtype") == BROADCAST]

    def of(self, ts: str) -> list[Message]:
        """The message and its replies, oldest first; of a reply it alone. Empty when it is not there."""
        first = self._by_ts.get(ts)
        return [first, *self._replies.get(ts, [])] if first else []

    def as_in_history(self, message: Message, *, with_metadata: bool) -> Message:
        """As conversations.history shows it."""
        seen = self._seen(message, with_metadata=with_metadata)
        first = self._by_ts.get(_first(message)) if message.get("subtype") == BROADCAST else None
        return {**seen, "root": self._seen(first, with_metadata=False)} if first else seen

    def as_in_thread(self, message: Message, *, with_metadata: bool) -> Message:
        """As conversations.replies shows it."""
        seen = self._seen(message, with_metadata=with_metadata)
        first = self._by_ts.get(_first(message)) if _is_reply(message) else None
        return {**seen, "parent_user_id": first.get("user")} if first else seen

    def _seen(self, message: Message, *, with_metadata: bool) -> Message:
        seen, replies = looks.message(message, with_metadata=with_metadata), self._replies.get(message["ts"], [])
        if not replies:
            return seen
        users = list(dict.fromkeys(str(one.get("user")) for one in replies))
        return {
            **seen,
            "thread_ts": message["ts"],
            "reply_count": len(replies),
            "reply_users_count": len(users),
            "latest_reply": replies[-1]["ts"],
            "reply_users": users,
            "is_locked": False,
            "subscribed": False,
        }


def _first(message: Message) -> str:
    """The ts of the first message of its thread: its own where it answers none."""
    return str(message.get("thread_ts") or message["ts"])


def _is_reply(message: Message) -> bool:
    return _first(message) != str(message["ts"])
