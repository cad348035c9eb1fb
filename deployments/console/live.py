"""Open pages hear that there is something new, by server-sent events; how many may be open at once is bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus

from anyio import CapacityLimiter, sleep
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

# How often a page that is open hears that it is still told.
STILL_S = 10.0
# Open pages, all browsers together: each costs a connection, and none costs the ledger anything.
MOST = 100


class Live:
    """What open pages hear. ``version`` names what is known by now; it is asked for every ``look_s`` seconds."""

    def __init__(self, version: Callable[[], int], look_s: float) -> None:
        self._version = version
        self._look_s = look_s
        self._open = CapacityLimiter(MOST)

    async def told(self, request: Request) -> Response:
        """Says whenever there is something new."""
        if self._open.available_tokens < 1:
            told = f"{MOST} pages are open already. Close some, and reload this one.\n"
            return Response(told, HTTPStatus.SERVICE_UNAVAILABLE, media_type="text/plain")
        # A proxy that collects what it passes on would keep it back until nobody waits for it any more.
        unbuffered = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._events(request), media_type="text/event-stream", headers=unbuffered)

    async def _events(self, request: Request) -> AsyncIterator[str]:
        token = object()
        self._open.acquire_on_behalf_of_nowait(token)
        try:
            told, silent_s = -1, 0.0
            while not await request.is_disconnected():
                version = self._version()
                if version != told or silent_s >= STILL_S:
                    yield f"event: {'changed' if told not in {version, -1} else 'still'}\ndata: {version}\n\n"
                    told, silent_s = version, 0.0
                await sleep(self._look_s)
                silent_s += self._look_s
        finally:
            self._open.release_on_behalf_of(token)
