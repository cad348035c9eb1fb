"""conversations.history: pages, newest first, with a cursor."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from deployments.sandbox.slack.request import SlackError

_LIMIT, _MOST = 100, 999


@dataclass(frozen=True, slots=True)
class Page:
    """Messages, and the cursor of the next page ("" at the end)."""

    messages: list[dict[str, Any]]
    cursor: str


def page_of_history(messages: list[dict[str, Any]], args: dict[str, Any]) -> Page:
    """The part that was asked for, newest first. A cursor names the last message of the page before."""
    inclusive = is_true(args.get("inclusive"))
    oldest, latest = _ts(args, "oldest", "0"), _ts(args, "latest", "9999999999")
    before = _position(args.get("cursor"))
    chosen = [
        one
        for one in reversed(messages)
        if (oldest < one["ts"] < latest or (inclusive and one["ts"] in {oldest, latest}))
        and (before is None or one["ts"] < before)
    ]
    limit = limit_of(args)
    page = chosen[:limit]
    more = len(chosen) > limit
    return Page(page, base64.b64encode(f"next_ts:{page[-1]['ts']}".encode()).decode() if more else "")


def limit_of(args: dict[str, Any]) -> int:
    """How many rows a page may have. Raises SlackError."""
    value = str(args.get("limit") or _LIMIT)
    if not (value.isascii() and value.isdecimal()):
        raise SlackError("invalid_limit")
    return min(max(int(value), 1), _MOST)


def _ts(args: dict[str, Any], name: str, default: str) -> str:
    value = str(args.get(name) or default)
    try:
        return f"{float(value):017.6f}" if value != default else value
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _position(cursor: Any) -> str | None:
    if not cursor:
        return None
    try:
        text = base64.b64decode(str(cursor), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    return text.removeprefix("next_ts:")


def is_true(value: Any) -> bool:
    """Slack takes true, "true" and 1."""
    return value is True or str(value).lower() in {"true", "1"}
