"""Where a block is wrong, in the words in which Slack says it beside invalid_blocks.

From public reports (slackapi/java-slack-sdk 853 and 1017, metabase 74943, mozilla-iam/sso-dashboard-configuration 718;
"no more than 50 items allowed" in many): each with a JSON pointer. Which of them Slack says together, and the one for a
block of which nothing better is known here, are inferred.
"""

from __future__ import annotations

from typing import Any

from deployments.sandbox.slack.block_kinds import KINDS, is_valid

_MOST_BLOCKS = 50
_ALL_SCHEMAS = "failed to match all allowed schemas"
_BLOCK_ID_LENGTH, _MOST_FIELDS = 255, 10
# The longest text of each kind, by its field; of a section's fields each.
_TEXTS = {("header", "text"): 150, ("section", "text"): 3000, ("markdown", "text"): 12_000}
_FIELD_LENGTH = 2000


def said_of(blocks: list[Any], *, most: int = _MOST_BLOCKS) -> tuple[str, ...]:
    """What is wrong with these; empty when nothing is. A view may have more of them than a message."""
    if len(blocks) > most:
        return (_at(f"no more than {most} items allowed", "/blocks"),)
    return tuple(
        one for number, block in enumerate(blocks) if not is_valid(block) for one in _of(block, f"/blocks/{number}")
    )


def _of(block: Any, pointer: str) -> list[str]:
    if not isinstance(block, dict):
        return [_at("must provide an object", pointer)]
    kind = block.get("type")
    if kind is None:
        return [_at("missing required field: type", pointer)]
    if kind not in KINDS:
        return [_at(f"unsupported type: {kind}", f"{pointer}/type")]
    found = _of_name(block.get("block_id", ""), f"{pointer}/block_id") + _of_contents(block, str(kind), pointer)
    return found or [_at(_ALL_SCHEMAS, pointer)]


def _of_name(name: Any, pointer: str) -> list[str]:
    if not isinstance(name, str):
        return [_at("must provide a string", pointer)]
    return (
        [_at(f"must be less than {_BLOCK_ID_LENGTH + 1} characters", pointer)] if len(name) > _BLOCK_ID_LENGTH else []
    )


def _of_contents(block: dict[str, Any], kind: str, pointer: str) -> list[str]:
    if kind == "markdown":
        return _of_text(block.get("text"), _TEXTS["markdown", "text"], f"{pointer}/text")
    if kind == "header":
        return _of_object(block, _TEXTS["header", "text"], pointer)
    if kind == "section":
        return _of_section(block, pointer)
    return []


def _of_section(block: dict[str, Any], pointer: str) -> list[str]:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        return [_at("must define either `fields` or `text`", pointer)]
    found = _of_one_of(text, _TEXTS["section", "text"], f"{pointer}/text") if text is not None else []
    if fields is not None and not isinstance(fields, list):
        return [*found, _at("must provide an array", f"{pointer}/fields")]
    if len(fields or []) > _MOST_FIELDS:
        return [*found, _at(f"no more than {_MOST_FIELDS} items allowed", f"{pointer}/fields")]
    every = [_of_one_of(one, _FIELD_LENGTH, f"{pointer}/fields/{place}") for place, one in enumerate(fields or [])]
    return [*found, *(said for one in every for said in one)]


def _of_object(block: dict[str, Any], most: int, pointer: str) -> list[str]:
    text = block.get("text")
    if text is None:
        return [_at("missing required field: text", pointer)]
    if not isinstance(text, dict):
        return [_at("must provide an object", f"{pointer}/text")]
    return _of_text(text.get("text"), most, f"{pointer}/text/text")


def _of_one_of(text: Any, most: int, pointer: str) -> list[str]:
    """A text that may be of two kinds: that neither fits comes first, then why."""
    if not isinstance(text, dict):
        return [_at("must provide an object", pointer)]
    found = _of_text(text.get("text"), most, f"{pointer}/text")
    return [_at(_ALL_SCHEMAS, pointer), *found] if found else []


def _of_text(text: Any, most: int, pointer: str) -> list[str]:
    if not isinstance(text, str):
        return [_at("must provide a string", pointer)]
    if not text:
        return [_at("must be more than 0 characters", pointer)]
    return [_at(f"must be less than {most + 1} characters", pointer)] if len(text) > most else []


def _at(said: str, pointer: str) -> str:
    return f"{said} [json-pointer:{pointer}]"
