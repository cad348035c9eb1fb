"""Faults by vendor, method and path, applied in front of any simulated vendor."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.sandbox import hostile


class FaultKind(StrEnum):
    """What goes wrong with a matching request."""

    ANSWER = "answer"  # answered with status and body, nothing applied
    ANSWER_AFTER = "answer_after"  # applied, then answered with status and body
    HTML = "html"  # an HTML page with the status, nothing applied
    RATE_LIMIT = "rate_limit"  # 429, with Retry-After when retry_after_s is set
    DROP_BEFORE = "drop_before"  # connection reset, nothing applied
    DROP_AFTER = "drop_after"  # applied, then connection reset
    HANG = "hang"  # no answer for `seconds`, then reset, nothing applied
    SLOW = "slow"  # answered after `seconds`
    DRIP_HEADERS = "drip_headers"  # the headers come a byte each `seconds`, without end, nothing applied
    DRIP_BODY = "drip_body"  # the same with the body
    HUGE = "huge"  # JSON without end, as fast as it can be read, nothing applied
    DEEP = "deep"  # JSON of 200,000 brackets, nothing applied
    BOMB = "bomb"  # gzip of 64 KiB that unpacks to 64 MiB, nothing applied
    TWICE = "twice"  # applied, then answered truly, with every name twice
    NAN = "nan"  # applied, then answered truly, with a number in it that is none


_HOSTILE = frozenset(
    {
        FaultKind.DRIP_HEADERS,
        FaultKind.DRIP_BODY,
        FaultKind.HUGE,
        FaultKind.DEEP,
        FaultKind.BOMB,
        FaultKind.TWICE,
        FaultKind.NAN,
    }
)


@dataclass(slots=True)
class Fault:
    """One rule. ``path`` is a regular expression for the whole path; ``times=None`` lasts until it is removed.

    ``skip`` lets that many matching requests through first.
    """

    vendor: str
    kind: FaultKind
    method: str = "*"
    path: str = ".*"
    status: int = 500
    body: Any = None
    # Seconds; or any text, to send what no vendor should.
    retry_after_s: int | str | None = None
    seconds: float = 3600.0
    times: int | None = 1
    skip: int = 0

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Whether this rule is for that request."""
        return self.vendor == vendor and self.method in {"*", method} and re.fullmatch(self.path, path) is not None

    def rewrite(self, text: str) -> str:
        """The answer of the application, as TWICE and NAN change it."""
        return hostile.twice(text) if self.kind is FaultKind.TWICE else hostile.not_a_number(text)

    def strike(self) -> None:
        """For tests that act when it goes wrong: after the request was applied, where the kind applies it."""


class FaultPlan:
    """The faults that are set now, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Set a fault."""
        self._faults.append(fault)

    def remove(self, fault: Fault) -> None:
        """Remove this one, and leave the others. One that is not set is none."""
        self._faults = [one for one in self._faults if one is not fault]

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def take(self, vendor: str, method: str, path: str) -> Fault | None:
        """The fault for this request, counted down, or None."""
        for fault in self._faults:
            if fault.times == 0 or not fault.matches(vendor, method, path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None


def path_of(scope: Scope) -> str:
    """What a request is for: its path, and the operation that AWS's JSON protocol names in a header."""
    named = next((value for name, value in scope.get("headers", ()) if name == b"x-amz-target"), b"")
    return f"{scope['path']}{named.decode('latin-1')}"


class FaultMiddleware:
    """Applies the plan to one vendor's application."""

    def __init__(self, app: ASGIApp, *, vendor: str, plan: FaultPlan) -> None:
        self._app = app
        self._vendor = vendor
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or do to it what the plan says."""
        fault = self._plan.take(self._vendor, scope["method"], path_of(scope)) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.kind in {FaultKind.ANSWER_AFTER, FaultKind.DROP_AFTER}:
            await self._app(scope, receive, _swallow)
        fault.strike()
        if fault.kind in _HOSTILE:
            await self._be_hostile(fault, scope, receive, send)
            return
        if fault.kind in {FaultKind.HANG, FaultKind.SLOW}:
            await asyncio.sleep(fault.seconds)
        if fault.kind is FaultKind.SLOW:
            await self._app(scope, receive, send)
        elif fault.kind in {FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.HANG}:
            await _reset(scope, receive)
        else:
            if fault.kind is not FaultKind.ANSWER_AFTER:  # there the application has read the body already
                await _consume(scope, receive)
            await _answer(fault)(scope, receive, send)

    async def _be_hostile(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind in {FaultKind.TWICE, FaultKind.NAN}:
            await hostile.rewritten(self._app, scope, receive, fault.rewrite, send)
            return
        await _consume(scope, receive)
        if fault.kind is FaultKind.DRIP_HEADERS:
            await hostile.drip_headers(scope, fault.seconds)
        elif fault.kind is FaultKind.DRIP_BODY:
            await hostile.drip_body(scope, fault.seconds)
        elif fault.kind is FaultKind.HUGE:
            await hostile.huge(scope, send)
        else:
            await (hostile.deep() if fault.kind is FaultKind.DEEP else hostile.bomb())(scope, receive, send)


def _answer(fault: Fault) -> Response:
    if fault.kind is FaultKind.HTML:
        return HTMLResponse("<html><body><h1>Something is wrong</h1></body></html>", fault.status)
    if fault.kind is FaultKind.RATE_LIMIT:
        headers = {"Retry-After": str(fault.retry_after_s)} if fault.retry_after_s is not None else {}
        return JSONResponse(fault.body or {"message": "rate limit exceeded"}, 429, headers)
    return JSONResponse(fault.body if fault.body is not None else {"message": "sandbox fault"}, fault.status)


async def _consume(scope: Scope, receive: Receive) -> None:
    await Request(scope, receive).body()


async def _swallow(_: Message) -> None:
    """Take the place of ``send`` for an answer that never leaves."""


async def _reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection: the server's protocol puts its transport into the scope."""
    scope["sandbox.transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
