"""Messages of Anthropic's API: one token for whatever is asked, whole or as a stream, and how many tokens went in.

Of its reference (platform.claude.com/docs, "Messages", "Streaming" and "Versions", read 2026-11-29).
"""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from deployments.sandbox.issuers.anthropic_answers import NEWEST, NotTakenError, numbered

_INPUT, _OUTPUT = 8, 1
# Gone with version 2026-10-21. What else that one refuses (documents and citations in odd places) is not looked at.
_REMOVED = ("temperature", "top_p", "top_k")


def demand(asked: dict[str, Any], version: str, *, counts: bool) -> None:
    """Raise NotTakenError for a message that cannot be asked; ``counts`` when only its tokens are counted."""
    needed = ("model", "messages") if counts else ("model", "messages", "max_tokens")
    for name in needed:
        if asked.get(name) is None:
            raise NotTakenError(f"{name}: Field required")
    if not isinstance(asked["model"], str):
        raise NotTakenError("model: Input should be a valid string")
    if not isinstance(asked["messages"], list) or not asked["messages"]:
        raise NotTakenError("messages: at least one message is required")
    most = asked.get("max_tokens", 1)
    if type(most) is not int or most < 1:
        raise NotTakenError("max_tokens: Input should be a valid integer greater than 0")
    for name in _REMOVED if version == NEWEST else ():
        if name in asked:
            raise NotTakenError(f"{name}: Extra inputs are not permitted")


def counted() -> dict[str, int]:
    """What count_tokens says."""
    return {"input_tokens": _INPUT}


def message(model: str) -> dict[str, Any]:
    """The whole of it."""
    return {
        "id": numbered("msg"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": "1"}],
        "stop_reason": "max_tokens",
        "stop_sequence": None,
        "usage": {"input_tokens": _INPUT, "output_tokens": _OUTPUT},
    }


def streamed(whole: dict[str, Any], headers: dict[str, str]) -> Response:
    """A whole message as server-sent events."""
    begun = {**whole, "content": [], "stop_reason": None}
    (block,) = whole["content"]
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": block["text"]}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": _OUTPUT}},
        {"type": "message_stop"},
    ]
    text = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)
    return Response(text, headers=headers, media_type="text/event-stream")
