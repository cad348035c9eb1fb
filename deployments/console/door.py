"""The console's door: who may ask at all, and what every answer says to the browser.

Asked for by another name it answers nothing, so that no page elsewhere reads it by a name of its own that leads here
(DNS rebinding). Every page may load its own files, and nothing of anybody else's.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # What is so now is on it: neither the browser nor a proxy keeps a page.
    "Cache-Control": "no-store",
}
READING = frozenset({"GET", "HEAD"})
# Nothing of the console has a longer address.
LONGEST_PATH = 300


def names_of(url: str) -> frozenset[str]:
    """The hosts, with their ports, by which a console at this address may be asked for."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    hosts = {parts.hostname or ""}
    if hosts & {"localhost", "127.0.0.1"}:
        hosts |= {"localhost", "127.0.0.1"}
    return frozenset(f"{host}:{port}" for host in hosts) | ({parts.netloc} if parts.port is None else frozenset())


class Door:
    """Lets through what is asked for by one of these names, and only to read."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        await (refused or self._app)(scope, receive, sent)

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        """What is said to a request that is not let through. What it holds is not repeated."""
        headers = Headers(scope=scope)
        if headers.getlist("host") not in [[name] for name in self._names]:
            told = f"This console is not asked for by that name. Open http://{min(self._names)}/ instead.\n"
            return PlainTextResponse(told, HTTPStatus.MISDIRECTED_REQUEST)
        if scope["method"] not in READING:
            told = "This console only shows. Act in Prefect's pages, to which it links.\n"
            return PlainTextResponse(told, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": ", ".join(sorted(READING))})
        if len(scope["raw_path"]) > LONGEST_PATH:
            return PlainTextResponse("No page has such an address. Begin at /.\n", HTTPStatus.NOT_FOUND)
        return None
