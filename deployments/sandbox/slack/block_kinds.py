"""Which blocks Slack takes, each kind by the limits of its page in the reference of Block Kit.

Read 2026-11-29 at docs.slack.dev/reference/block-kit/blocks, and in slack_sdk 3.47, whose classes repeat them. Others
are refused here; Slack has more by now (card, carousel, plan, alert, data_table).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_MOST_FIELDS = 10
_MOST_ELEMENTS = 10
_MOST_CONTEXT_ACTIONS = 5
_HEADER_LENGTH = 150
_SECTION_LENGTH = 3000
_FIELD_LENGTH = 2000
_LABEL_LENGTH = 2000
_VIDEO_TITLE_LENGTH = 199
_BLOCK_ID_LENGTH = 255
_MOST_ROWS, _MOST_CELLS = 100, 20
MARKDOWN_LENGTH = 12_000
_CELLS = {"raw_text", "raw_number", "rich_text"}
_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}
_ANY = ("plain_text", "mrkdwn")


def is_valid(block: Any) -> bool:
    """Whether Slack takes this one."""
    if not isinstance(block, dict):
        return False
    name, rule = block.get("block_id", ""), _RULES.get(str(block.get("type")))
    return isinstance(name, str) and len(name) <= _BLOCK_ID_LENGTH and rule is not None and rule(block)


def _is_anything(_: dict[str, Any]) -> bool:
    """Nothing is looked at in these kinds."""
    return True


def _is_header(block: dict[str, Any]) -> bool:
    return _is_text(block.get("text"), _HEADER_LENGTH, ("plain_text",))


def _is_section(block: dict[str, Any]) -> bool:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        return False
    if text is not None and not _is_text(text, _SECTION_LENGTH):
        return False
    return fields is None or _is_list(fields, _MOST_FIELDS, lambda one: _is_text(one, _FIELD_LENGTH), fewest=0)


def _is_context(block: dict[str, Any]) -> bool:
    return _is_list(block.get("elements"), _MOST_ELEMENTS, lambda _: True)


def _is_markdown(block: dict[str, Any]) -> bool:
    text = block.get("text")
    return isinstance(text, str) and 0 < len(text) <= MARKDOWN_LENGTH


def _is_table(block: dict[str, Any]) -> bool:
    def is_row(row: Any) -> bool:
        return _is_list(row, _MOST_CELLS, lambda cell: isinstance(cell, dict) and cell.get("type") in _CELLS)

    columns = block.get("column_settings") or []
    return _is_list(block.get("rows"), _MOST_ROWS, is_row) and _is_list(columns, _MOST_CELLS, lambda _: True, fewest=0)


def _is_input(block: dict[str, Any]) -> bool:
    element, hint = block.get("element"), block.get("hint")
    return (
        _is_text(block.get("label"), _LABEL_LENGTH, ("plain_text",))
        and isinstance(element, dict)
        and isinstance(element.get("type"), str)
        and (hint is None or _is_text(hint, _LABEL_LENGTH, ("plain_text",)))
    )


def _is_video(block: dict[str, Any]) -> bool:
    """Without the scope links.embed:write and the unfurl domains that Slack asks for: its error is not documented."""
    named = all(isinstance(block.get(name), str) for name in ("alt_text", "video_url", "thumbnail_url"))
    is_safe = str(block.get("video_url")).startswith("https://")
    return named and is_safe and _is_text(block.get("title"), _VIDEO_TITLE_LENGTH, ("plain_text",))


def _is_file(block: dict[str, Any]) -> bool:
    return isinstance(block.get("external_id"), str) and block.get("source") == "remote"


def _is_context_actions(block: dict[str, Any]) -> bool:
    return _is_list(
        block.get("elements"),
        _MOST_CONTEXT_ACTIONS,
        lambda one: isinstance(one, dict) and one.get("type") in _CONTEXT_ACTIONS,
    )


def _is_list(value: Any, most: int, of: Callable[[Any], bool], *, fewest: int = 1) -> bool:
    return isinstance(value, list) and fewest <= len(value) <= most and all(of(one) for one in value)


def _is_text(value: Any, most: int, kinds: tuple[str, ...] = _ANY) -> bool:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        return False
    text = value.get("text")
    return isinstance(text, str) and 0 < len(text) <= most


_RULES: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    **dict.fromkeys(("divider", "actions", "image", "rich_text"), _is_anything),
    "header": _is_header,
    "section": _is_section,
    "context": _is_context,
    "markdown": _is_markdown,
    "table": _is_table,
    "input": _is_input,
    "video": _is_video,
    "file": _is_file,
    "context_actions": _is_context_actions,
}
KINDS = frozenset(_RULES)
