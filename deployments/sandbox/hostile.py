"""Answers that a broken proxy or somebody hostile gives: without end, too large, or to be read in two ways."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEBIBYTE = 1024 * 1024
BOMB_MEBIBYTES = 64
DEPTH = 200_000
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_JSON = {"Content-Type": "application/json"}


async def drip(scope: Scope, first: bytes, pause_s: float) -> None:
    """Send this at once, then a byte each ``pause_s`` seconds until the client hangs up."""
    transport = scope["sandbox.transport"]
    transport.write(first)
    while not transport.is_closing():
        await asyncio.sleep(pause_s)
        transport.write(b" ")


async def drip_headers(scope: Scope, pause_s: float) -> None:
    """A head that never ends."""
    await drip(scope, _HEAD + b"X-Padding:", pause_s)


async def drip_body(scope: Scope, pause_s: float) -> None:
    """A body that never ends."""
    await drip(scope, _HEAD + b"Content-Length: 1000000\r\n\r\n{", pause_s)


async def huge(scope: Scope, send: Send) -> None:
    """JSON without end, a mebibyte at a time, until the client hangs up."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"padding": "', "more_body": True})
    while not scope["sandbox.transport"].is_closing():
        await send({"type": "http.response.body", "body": b"a" * MEBIBYTE, "more_body": True})


def deep() -> Response:
    """Brackets within brackets."""
    return Response("[" * DEPTH + "]" * DEPTH, headers=_JSON)


def bomb() -> Response:
    """A few kilobytes that unpack to a thousand times as much."""
    return Response(_bomb(), headers={**_JSON, "Content-Encoding": "gzip"})


@cache
def _bomb() -> bytes:
    return gzip.compress(b'{"padding": "' + b"a" * BOMB_MEBIBYTES * MEBIBYTE + b'"}', compresslevel=1)


async def rewritten(app: ASGIApp, scope: Scope, receive: Receive, rewrite: Callable[[str], str], send: Send) -> None:
    """Let the application answer, and send its JSON changed."""
    status, content = 200, b""

    async def caught(message: Message) -> None:
        nonlocal status, content
        status = message.get("status", status)
        content += message.get("body", b"")

    await app(scope, receive, caught)
    await Response(rewrite(content.decode()), status, headers=_JSON)(scope, receive, send)


def twice(text: str) -> str:
    """This JSON with every name of its objects twice; two readers may take either."""
    return _with(text, lambda inner: f"{inner}, {inner}", '{"said": 1, "said": 2}')


def not_a_number(text: str) -> str:
    """This JSON with a number in it that is none."""
    return _with(text, lambda inner: f'{inner}, "figure": NaN', "NaN")


def _with(text: str, change: Callable[[str], str], otherwise: str) -> str:
    def changed(value: Any) -> str:
        if isinstance(value, dict) and value:
            return "{" + change(json.dumps(value)[1:-1]) + "}"
        if isinstance(value, list) and value:
            return "[" + ", ".join(changed(one) for one in value) + "]"
        return otherwise

    return changed(json.loads(text) if text else None)
