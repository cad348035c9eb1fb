"""How messages and conversations look: what Slack adds to that which was posted, or was told of a channel.

From the answers that Slack's client for Java types (slackapi/java-slack-sdk, json-logs/samples, 86ff7ca) and the pages
of the message and conversation objects (docs.slack.dev). A block without an id gets one, and a text in it says how it
is read.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from deployments.sandbox.slack import people

APP = "A0REKEY"
# What stands in angle brackets and means something: a link, somebody, a channel, or a command.
_MARKUP = re.compile(r"(<(?:https?://|mailto:|tel:|[@#!])[^<>\n]*>)")
_ADDRESS = re.compile(r"\b(https?://[^\s|`<>]*[^\s|`<>.,;:!?)\]'\"*_~])")
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
# Where a block or one of its elements holds texts.
_TEXT_KINDS = {"plain_text": ("emoji", True), "mrkdwn": ("verbatim", False)}


def message(sent: dict[str, Any], *, with_metadata: bool) -> dict[str, Any]:
    """A message as history shows it: metadata only for who asks for it."""
    kept = {name: value for name, value in sent.items() if name != "channel" and (with_metadata or name != "metadata")}
    if isinstance(kept.get("text"), str):
        kept["text"] = as_parsed(kept["text"])
    if isinstance(kept.get("blocks"), list):
        kept["blocks"] = blocks(kept["blocks"], str(sent.get("ts")))
    if kept.get("bot_id") != people.BOT:
        return kept
    return {**kept, "app_id": APP, "team": people.TEAM, "bot_profile": bot_profile()}


def blocks(sent: list[Any], seed: str) -> list[Any]:
    """Those of a message or a view, with what is added to each; ``seed`` makes the ids of those that have none."""
    return [_block(one, f"{seed} {place}") for place, one in enumerate(sent)]


def as_parsed(text: str) -> str:
    """A text as Slack gives it back: what is no markup of its own is escaped, and an address is a link.

    Of Slack's page on formatting text for its surfaces (docs.slack.dev); where an address ends is inferred.
    """
    # Every second part is markup, and in what is none every second one an address.
    parts = [part if place % 2 else _linked(part) for place, part in enumerate(_MARKUP.split(text))]
    return "".join(parts)


def _linked(text: str) -> str:
    parts = [_escaped(part) for part in _ADDRESS.split(text)]
    return "".join(f"<{part}>" if place % 2 else part for place, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def bot_profile() -> dict[str, Any]:
    """Of the bot, as its messages have it."""
    return {**people.bot(APP), "team_id": people.TEAM}


def _block(block: Any, seed: str) -> Any:
    if not isinstance(block, dict):
        return block
    made = hashlib.sha256(seed.encode()).hexdigest()[:5]
    told = {name: _read(value) for name, value in block.items()}
    return {"block_id": made, **told} if not block.get("block_id") else told


def _read(value: Any) -> Any:
    """A text with how it is read, unless that was sent; inside of lists, too."""
    if isinstance(value, list):
        return [_read(one) for one in value]
    if not isinstance(value, dict) or str(value.get("type")) not in _TEXT_KINDS:
        return value
    name, usual = _TEXT_KINDS[str(value["type"])]
    return {**value, name: value.get(name, usual)}


def nothing_said() -> dict[str, Any]:
    """The topic or the purpose of a channel that has none."""
    return {"value": "", "creator": "", "last_set": 0}


def conversation(  # what it is and how it stands
    identity: str, name: str, *, private: bool, group: bool, several: bool, archived: bool, member: bool, created: int
) -> dict[str, Any]:
    """A channel, or a conversation of several people. A private one of old, whose id begins with G, is a group."""
    return {
        "id": identity,
        "name": name,
        "name_normalized": name,
        "is_channel": not group,
        "is_group": group,
        "is_im": False,
        "is_mpim": several,
        "is_private": private,
        "created": created,
        "updated": created * 1000,
        "creator": people.BOT_USER,
        "is_archived": archived,
        "is_member": member,
        "unlinked": 0,
        **dict.fromkeys(("is_general", "is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared"), False),
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "shared_team_ids": [people.TEAM],
        "context_team_id": people.TEAM,
        "parent_conversation": None,
        "topic": nothing_said(),
        "purpose": nothing_said(),
        "previous_names": [],
    }
