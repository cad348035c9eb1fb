"""How a Web API call arrives: query, form or JSON, with the token in the header or among the form's fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from deployments.sandbox.json_body import parsed

# Fields of a form that hold JSON, and by which error one is refused that does not (slackapi/node-slack-sdk 1027 for
# blocks; the others are inferred).
_NESTED = {
    "blocks": "invalid_blocks_format",
    "metadata": "invalid_metadata_format",
    "attachments": "invalid_arguments",
}


_WARNINGS = {
    ("application/json", False): "missing_charset",
    ("application/x-www-form-urlencoded", True): "superfluous_charset",
}
_CHARSET = re.compile(r"charset=\"?([^\s;\"]+)", re.IGNORECASE)
# Under which address the request at hand came: addresses that an answer names begin with it.
BASE_URL: ContextVar[str] = ContextVar("BASE_URL", default="")


class SlackError(Exception):
    """An answer ``{"ok": false, "error": code}``; ``needed`` is the scope that is missing.

    ``messages`` say what is wrong, each with where; of blocks they stand in a list of their own, too. ``more`` are
    further fields of the answer.
    """

    def __init__(
        self,
        code: str,
        needed: str | None = None,
        messages: tuple[str, ...] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.more = more or {}
        self.code = code
        self.needed = needed
        self.messages = messages

    def as_json(self) -> dict[str, Any]:
        """The answer, without the scopes that the token has."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {one}" for one in self.messages]}
        return {**body, "errors": list(self.messages)} if self.messages and self.code == "invalid_blocks" else body


async def arguments_of(request: Request) -> tuple[dict[str, Any], str | None]:
    """The arguments and the token. Raises SlackError as Slack does for a body that it cannot read."""
    args: dict[str, Any] = dict(request.query_params)
    content = await request.body()
    whole = request.headers.get("content-type", "")
    kind = whole.partition(";")[0].strip().lower()
    _refuse_charset(whole)
    if content:
        # The boundary of a multipart form stands behind the kind, and is case-sensitive.
        args |= _read(whole if kind == "multipart/form-data" else kind, content)
    kind_of_token, _, token = request.headers.get("authorization", "").partition(" ")
    if kind_of_token.lower() == "bearer":
        args.pop("token", None)
        return args, token
    named = args.pop("token", None)
    # With JSON the token belongs into the header; a field is not looked at.
    return args, named if isinstance(named, str) and kind != "application/json" else None


def warned(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The answer with the warning that a charset brings: that of JSON is missed, and that of a form is superfluous.

    Of public captures (read 2026-11-27) and slackapi/python-slack-sdk 692.
    """
    kind, _, more = request.headers.get("content-type", "").partition(";")
    warning = _WARNINGS.get((kind.strip().lower(), "charset" in more.lower()))
    if warning is None:
        return body
    told = body.get("response_metadata", {})
    warnings = [*told.get("warnings", []), warning]
    return {**body, "warning": ",".join(warnings), "response_metadata": {**told, "warnings": warnings}}


def _refuse_charset(whole: str) -> None:
    """Raise SlackError for a charset of which Slack's list of common errors says that it is none."""
    found = _CHARSET.search(whole)
    if found and found[1].lower() not in {"utf-8", "iso-8859-1"}:
        raise SlackError("invalid_charset")


def _read(kind: str, content: bytes) -> dict[str, Any]:
    fields: dict[str, Any]
    if kind == "application/json":
        fields = _object(content, "invalid_json")
    elif kind.startswith("multipart/form-data"):
        fields = {name: value.decode(errors="replace") for name, value in multipart_parts(kind, content).items()}
    elif kind == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(content.decode(errors="replace"), keep_blank_values=True))
    elif kind == "text/plain":
        # It is one of the types that are taken (the list of common errors); that nothing is read of it is inferred.
        fields = {}
    else:
        raise SlackError("invalid_post_type" if kind else "missing_post_type")
    for name, fault in _NESTED.items():
        # In a JSON body they may be texts as well.
        if isinstance(fields.get(name), str) and (fields[name] or kind != "application/json"):
            fields[name] = _nested(fields[name], fault)
    return fields


def multipart_parts(kind: str, content: bytes) -> dict[str, bytes]:
    """The parts of a multipart form by their names, as `curl -F` sends it. ``kind`` is the whole content type."""
    form = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
    if not form.is_multipart():
        raise SlackError("invalid_form_data")
    parts = [part for part in form.get_payload() if isinstance(part, Message)]
    named = [(part.get_param("name", header="content-disposition"), part.get_payload(decode=True)) for part in parts]
    return {str(name): value for name, value in named if name and isinstance(value, bytes)}


def nested_list(value: Any) -> list[Any]:
    """A list that may be a text that holds one; empty for anything else."""
    if isinstance(value, str):
        try:
            value = parsed(value)
        except ValueError:
            value = None
    return value if isinstance(value, list) else []


def nested_object(value: Any) -> dict[str, Any] | None:
    """An object that may be a text that holds one; None for anything else."""
    if isinstance(value, str):
        try:
            value = parsed(value)
        except ValueError:
            value = None
    return value if isinstance(value, dict) else None


def _object(content: bytes, fault: str) -> dict[str, Any]:
    try:
        found = parsed(content)
    except ValueError:
        raise SlackError(fault) from None
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    return found


def _nested(text: str, fault: str) -> Any:
    try:
        return parsed(text)
    except ValueError:
        raise SlackError(fault) from None
