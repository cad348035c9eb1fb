"""What Slack takes as a message: which parts go together, and how long they may be, as errors.

Of chat.postMessage's page (docs.slack.dev, read 2026-11-29): markdown_text stands in the place of text, has at most
12,000 characters, and beside text or blocks is markdown_text_conflict.
"""

from __future__ import annotations

import json
from typing import Any

from deployments.sandbox.slack.block_faults import said_of
from deployments.sandbox.slack.block_kinds import MARKDOWN_LENGTH, is_valid
from deployments.sandbox.slack.request import SlackError

_MOST_TEXT = 40_000
_MOST_BLOCKS = 50
_MOST_ATTACHMENTS = 100
# All blocks of one message together, and its metadata. Both figures are the sandbox's own: Slack names the errors only.
_ALL_BLOCKS_LENGTH = 13_200
_METADATA_BYTES = 8000


def fault_of_message(args: dict[str, Any]) -> SlackError | None:
    """Slack's error for a chat.postMessage, or None when the message may be taken."""
    blocks, metadata = args.get("blocks"), args.get("metadata")
    code = (
        _fault_of_text(args)
        or _fault_of_attachments(args.get("attachments"))
        or (_fault_of_blocks(blocks) if blocks else None)
        or (_fault_of_metadata(metadata) if metadata else None)
    )
    if code is None:
        return None
    return SlackError(code, messages=said_of(blocks or []) if code == "invalid_blocks" else ())


def received(args: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """What is kept of a message. Of markdown_text Slack makes blocks, which the sandbox does not: it is the text."""
    marked = {"text": args["markdown_text"]} if args.get("markdown_text") else {}
    kept = {name: args[name] for name in names if name in args} | marked
    return {**kept, "text": str(kept["text"])[:_MOST_TEXT]} if kept.get("text") else kept


def warning_of(args: dict[str, Any]) -> dict[str, Any]:
    """What an answer says of a text that was cut off (chat.update's page; open-cli-collective/slack-chat-api 139)."""
    if len(str(args.get("text") or "")) <= _MOST_TEXT:
        return {}
    return {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}


def _fault_of_text(args: dict[str, Any]) -> str | None:
    text, marked = args.get("text"), args.get("markdown_text")
    if marked and (text or args.get("blocks")):
        return "markdown_text_conflict"
    if not text and not marked and not args.get("blocks") and not args.get("attachments"):
        return "no_text"
    # By which error a longer markdown_text is refused is inferred. A longer text is cut off.
    return "msg_too_long" if len(str(marked or "")) > MARKDOWN_LENGTH else None


def _fault_of_attachments(attachments: Any) -> str | None:
    is_long = isinstance(attachments, list) and len(attachments) > _MOST_ATTACHMENTS
    return "too_many_attachments" if is_long else None


def _fault_of_blocks(blocks: Any) -> str | None:
    if not isinstance(blocks, list):
        return "invalid_blocks_format"
    if len(blocks) > _MOST_BLOCKS:
        return "invalid_blocks"
    if len(json.dumps(blocks)) > _ALL_BLOCKS_LENGTH:
        return "msg_blocks_too_long"
    if not all(is_valid(block) for block in blocks):
        return "invalid_blocks"
    if sum(block["type"] == "table" for block in blocks) > 1:
        # The table's page: one in a message.
        return "invalid_attachments"
    # The markdown block's page: 12,000 characters in all of them together. The error is inferred, and somebody saw up
    # to 13,297 taken (slackapi/bolt-js 2509).
    marked = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    return "msg_blocks_too_long" if marked > MARKDOWN_LENGTH else None


def _fault_of_metadata(metadata: Any) -> str | None:
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        return "invalid_metadata_format"
    if not isinstance(metadata.get("event_payload"), dict):
        return "invalid_metadata_format"
    return "metadata_too_large" if len(json.dumps(metadata)) > _METADATA_BYTES else None
