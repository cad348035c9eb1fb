"""Messages that are there: changed, deleted, linked to.

Of the pages of chat.update, chat.delete and chat.getPermalink (docs.slack.dev, read 2026-11-29). A bot changes and
deletes its own messages alone; that those of incoming webhooks are not among them is inferred. The first message of a
thread leaves a tombstone (hackclub/toriel 238), which goes with its last reply (slack-edge/slack-edge 10).
"""

from __future__ import annotations

import time
from typing import Any

from deployments.sandbox.slack import looks, people
from deployments.sandbox.slack.request import SlackError
from deployments.sandbox.slack.rules import fault_of_message, received
from deployments.sandbox.slack.workspace import Method, Workspace

_LONGEST = 4000
_GRAVE = {"type": "message", "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}


class Changing:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """All that ask for a token."""
        return {"chat.update": self._update, "chat.delete": self._delete, "chat.getPermalink": self._permalink}

    def _update(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("chat:write")
        channel = self._workspace.channel(args)
        message = self._message(args)
        if not _is_own(message):
            raise SlackError("cant_update_message")
        if channel.archived:
            raise SlackError("is_inactive")
        fault = fault_of_message(args)
        if fault:
            raise fault
        if len(str(args.get("text") or "")) > _LONGEST:
            raise SlackError("msg_too_long")
        _change(message, args)
        told = {"channel": message["channel"], "ts": message["ts"], "text": message.get("text", "")}
        return {**told, "message": looks.message(message, with_metadata=True)}

    def _delete(self, args: dict[str, Any]) -> dict[str, Any]:
        self._workspace.demand("chat:write")
        message = self._message(args)
        if not _is_own(message):
            raise SlackError("cant_delete_message")
        messages, place = self._workspace.messages, self._workspace.messages.index(message)
        told = {"channel": message["channel"], "ts": message["ts"]}
        if any(_is_reply_to(one, message) for one in messages):
            grave = {**_GRAVE, **told, "hidden": True, "thread_ts": message["ts"], "parent_user_id": "USLACKBOT"}
            messages[place] = grave
            return told
        del messages[place]
        self._bury(message)
        return told

    def _bury(self, reply: dict[str, Any]) -> None:
        """Take away the tombstone of a thread whose last reply this was."""
        messages = self._workspace.messages
        for one in [one for one in messages if one.get("subtype") == "tombstone" and _is_reply_to(reply, one)]:
            if not any(_is_reply_to(other, one) for other in messages):
                messages.remove(one)

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


def _is_own(message: dict[str, Any]) -> bool:
    return message.get("user") == people.BOT_USER


def _is_reply_to(message: dict[str, Any], first: dict[str, Any]) -> bool:
    in_it = (message["channel"], message.get("thread_ts")) == (first["channel"], first["ts"])
    return in_it and message["ts"] != first["ts"]


def _change(message: dict[str, Any], args: dict[str, Any]) -> None:
    """A text alone takes the blocks away; attachments and metadata stay unless they are sent, empty to remove them."""
    sent = received(args, ("text", "blocks", "metadata", "attachments"))
    if "text" in sent and "blocks" not in sent:
        message.pop("blocks", None)
        message["edited"] = {"user": people.BOT_USER, "ts": f"{int(time.time())}.000000"}
    message.update(sent)
    for name in ("blocks", "metadata", "attachments"):
        if name in sent and not sent[name]:
            del message[name]
