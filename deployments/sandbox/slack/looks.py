"""How messages and conversations look: what Slack adds to that which was posted, or was told of a channel.

From the answers that Slack's client for Java types (slackapi/java-slack-sdk, json-logs/samples, 86ff7ca) and the pages
of the message and conversation objects (docs.slack.dev). A block without an id gets one, and a text in it says how it
is read.
"""

from __future__ import annotations

import hashlib
from typing import Any

from deployments.sandbox.slack import people

APP = "A0REKEY"
# Where a block or one of its elements holds texts.
_TEXT_KINDS = {"plain_text": ("emoji", True), "mrkdwn": ("verbatim", False)}


def message(sent: dict[str, Any], *, with_metadata: bool) -> dict[str, Any]:
    """A message as history shows it: metadata only for who asks for it."""
    kept = {name: value for name, value in sent.items() if name != "channel" and (with_metadata or name != "metadata")}
    if isinstance(kept.get("blocks"), list):
        kept["blocks"] = [_block(one, f"{sent.get('ts')} {place}") for place, one in enumerate(kept["blocks"])]
    if kept.get("bot_id") != people.BOT:
        return kept
    return {**kept, "app_id": APP, "team": people.TEAM, "bot_profile": bot_profile()}


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


def conversation(
    identity: str, name: str, *, private: bool, several: bool, archived: bool, member: bool, created: int
) -> dict[str, Any]:
    """A channel, or a conversation of several people. A private one of old, whose id begins with G, is a group."""
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": identity,
        "name": name,
        "name_normalized": name,
        "is_channel": not private,
        "is_group": private,
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
        "topic": nothing,
        "purpose": nothing,
        "previous_names": [],
    }
