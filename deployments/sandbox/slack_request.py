"""How a Web API call arrives: query, form or JSON, with the token in the header or among the form's fields."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

# Fields of a form that hold JSON.
_NESTED = ("blocks", "metadata", "attachments")


class SlackError(Exception):
    """An answer ``{"ok": false, "error": code}``; ``needed`` is the scope that is missing."""

    def __init__(self, code: str, needed: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.needed = needed


async def arguments_of(request: Request) -> tuple[dict[str, Any], str | None]:
    """The arguments and the token. Raises SlackError as Slack does for a body that it cannot read."""
    args: dict[str, Any] = dict(request.query_params)
    content = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content:
        args |= _read(kind, content)
    kind_of_token, _, token = request.headers.get("authorization", "").partition(" ")
    if kind_of_token.lower() == "bearer":
        args.pop("token", None)
        return args, token
    named = args.pop("token", None)
    # With JSON the token belongs into the header; a field is not looked at.
    return args, named if isinstance(named, str) and kind != "application/json" else None


def _read(kind: str, content: bytes) -> dict[str, Any]:
    if kind == "application/json":
        return _object(content, "invalid_json")
    if kind != "application/x-www-form-urlencoded":
        raise SlackError("invalid_post_type" if kind else "missing_post_type")
    fields: dict[str, Any] = dict(parse_qsl(content.decode(), keep_blank_values=True))
    for name in _NESTED:
        if name in fields:
            fields[name] = _nested(fields[name])
    return fields


def _object(content: bytes, fault: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        raise SlackError(fault) from None
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    return found


def _nested(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise SlackError("invalid_arguments") from None
