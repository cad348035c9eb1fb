"""What Slack takes as a message: Block Kit limits (header 150, section 3000, 10 fields, 50 blocks), as errors."""

from __future__ import annotations

import json
from typing import Any

_MOST_TEXT = 40_000
_MOST_BLOCKS = 50
_MOST_FIELDS = 10
_MOST_ELEMENTS = 10
_HEADER_LENGTH = 150
_SECTION_LENGTH = 3000
_FIELD_LENGTH = 2000
# All blocks of one message together, and its metadata. Both figures are the sandbox's own: Slack names the errors only.
_ALL_BLOCKS_LENGTH = 13_200
_METADATA_BYTES = 8000


def fault_of_message(args: dict[str, Any]) -> str | None:
    """Slack's error for a chat.postMessage, or None when the message may be taken."""
    text, blocks, metadata = args.get("text"), args.get("blocks"), args.get("metadata")
    if not text and not blocks and not args.get("attachments"):
        return "no_text"
    if isinstance(text, str) and len(text) > _MOST_TEXT:
        return "msg_too_long"
    return (_fault_of_blocks(blocks) if blocks else None) or (_fault_of_metadata(metadata) if metadata else None)


def _fault_of_blocks(blocks: Any) -> str | None:
    if not isinstance(blocks, list) or len(blocks) > _MOST_BLOCKS:
        return "invalid_blocks"
    if len(json.dumps(blocks)) > _ALL_BLOCKS_LENGTH:
        return "msg_blocks_too_long"
    return None if all(_is_valid(block) for block in blocks) else "invalid_blocks"


def _is_valid(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    kind = block.get("type")
    if kind == "header":
        return _is_text(block.get("text"), _HEADER_LENGTH, ("plain_text",))
    if kind == "section":
        return _is_section(block)
    if kind == "context":
        elements = block.get("elements")
        return isinstance(elements, list) and 0 < len(elements) <= _MOST_ELEMENTS
    return kind in {"divider", "actions", "image", "rich_text"}


def _is_section(block: dict[str, Any]) -> bool:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        return False
    if text is not None and not _is_text(text, _SECTION_LENGTH):
        return False
    if fields is None:
        return True
    return (
        isinstance(fields, list)
        and len(fields) <= _MOST_FIELDS
        and all(_is_text(field, _FIELD_LENGTH) for field in fields)
    )


def _is_text(value: Any, most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> bool:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        return False
    text = value.get("text")
    return isinstance(text, str) and 0 < len(text) <= most


def _fault_of_metadata(metadata: Any) -> str | None:
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        return "invalid_metadata_format"
    if not isinstance(metadata.get("event_payload"), dict):
        return "invalid_metadata_format"
    return "metadata_too_large" if len(json.dumps(metadata)) > _METADATA_BYTES else None
