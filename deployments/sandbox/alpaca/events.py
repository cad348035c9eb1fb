"""The simulated Alpaca's trade events over HTTP (``GET /v2/events/trades``), which its SDK for Go follows orders by.

From the broker API's page on trade events and ``stream.go`` of alpaca-trade-api-go (both read 2026-11-29): ``since``
includes its moment, for that client asks from a nanosecond after the last event. Not known, and decided here: that a
``since_id`` is told again and an ``until_id`` still, with which words parameters are refused, and that the answer goes
on when its pair dies.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.listing import nanoseconds
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, AlpacaProblem
from deployments.sandbox.alpaca.updates import event_id

_PAUSE_S = 0.02
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def handlers() -> dict[str, dict[str, Callable[[SandboxAccount, Request], Awaitable[Response]]]]:
    """Handlers by path, then by method."""
    return {"/v2/events/trades": {"GET": _trades}}


async def _trades(account: SandboxAccount, request: Request) -> Response:
    bounds = _bounds(request.query_params)
    # Reckoned before the client knows that it listens.
    events = _events(account, bounds, told=0 if bounds.has_past else len(account.updates))
    return _Events(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


class _Events(StreamingResponse):
    """One that ends as it should when the sandbox is stopped under it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass(frozen=True, slots=True)
class _Bounds:
    """From where and to where is told, each by time or by ID. Without a beginning, only what is still to come."""

    since: int | None
    until: int | None
    since_id: str | None
    until_id: str | None

    @property
    def has_past(self) -> bool:
        return self.since is not None or self.since_id is not None

    def begun(self, update: dict[str, Any]) -> bool:
        return nanoseconds(update["at"]) >= (self.since or 0) and update["event_id"] >= (self.since_id or "")

    def over(self, at_ns: int, last_id: str) -> bool:
        return bool((self.until and at_ns > self.until) or (self.until_id and last_id > self.until_id))


def _bounds(query: Mapping[str, str]) -> _Bounds:
    given = {name: query[name] for name in ("since", "until", "since_id", "until_id") if query.get(name)}
    if {"since", "since_id"} <= given.keys():
        raise AlpacaProblem(422, BAD_PARAMETER, "since and since_id can't be used at the same time")
    for end, start in (("until", "since"), ("until_id", "since_id")):
        if end in given and start not in given:
            raise AlpacaProblem(422, BAD_PARAMETER, f"{start} is required if {end} is specified")
    for name in ("since_id", "until_id"):
        if name in given and not _ULID.fullmatch(given[name]):
            raise AlpacaProblem(422, BAD_PARAMETER, f"invalid {name}")
    since, until = (nanoseconds(given[name]) if name in given else None for name in ("since", "until"))
    return _Bounds(since, until, given.get("since_id"), given.get("until_id"))


async def _events(account: SandboxAccount, bounds: _Bounds, *, told: int) -> AsyncIterator[str]:
    while True:
        # Before what is there is told: what comes meanwhile is told the next time, or is too late.
        now = time.time_ns(), event_id()
        account.settle()
        for update in account.updates[told:]:
            told += 1
            if bounds.over(nanoseconds(update["at"]), update["event_id"]):
                return
            if bounds.begun(update):
                yield f"data: {json.dumps(update)}\n\n"
        if bounds.over(*now):
            return
        await asyncio.sleep(_PAUSE_S)
