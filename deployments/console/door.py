"""The console's door: who may ask at all, and what every answer says to the browser.

Asked for by another name it answers nothing, so that no page elsewhere reads it by a name of its own that leads here
(DNS rebinding). What changes something must come from one of its own pages (forged requests). Every page may load its
own files, and nothing of anybody else's.
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
READING, ACTING = frozenset({"GET", "HEAD"}), "POST"
# What a page of the console sends, and a form of another site cannot without asking first.
SENT = "application/json"
# A pair that is sealed has less than 2 KB.
LARGEST_BYTES = 16 * 1024
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


def origin_of(url: str) -> str:
    """Scheme, host and port of this address, as a browser writes an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Door:
    """Lets through what is asked for by one of these names; and what acts, only from a page of this origin."""

    def __init__(self, app: ASGIApp, names: Iterable[str], origin: str) -> None:
        self._app = app
        self._names = frozenset(names)
        self._origin = origin

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
            refused = self._act_refused(scope["method"], headers)
            if refused is not None:
                return refused
        if len(scope["raw_path"]) > LONGEST_PATH:
            return PlainTextResponse("No page has such an address. Begin at /.\n", HTTPStatus.NOT_FOUND)
        return None

    def _act_refused(self, method: str, headers: Headers) -> PlainTextResponse | None:
        if method != ACTING:
            allowed = {"Allow": ", ".join(sorted({*READING, ACTING}))}
            return PlainTextResponse("The console knows no such method.\n", HTTPStatus.METHOD_NOT_ALLOWED, allowed)
        if headers.getlist("origin") != [self._origin] or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            told = f"Only a page of this console may do that. Open {self._origin}/ and act there.\n"
            return PlainTextResponse(told, HTTPStatus.FORBIDDEN)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != SENT:
            told = f"The console takes {SENT}, as its own pages send it.\n"
            return PlainTextResponse(told, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        length = headers.get("content-length", "")
        if not (length.isdecimal() and len(length) < len(str(LARGEST_BYTES)) + 1 and int(length) <= LARGEST_BYTES):
            told = f"The console takes at most {LARGEST_BYTES} bytes, and their length beforehand.\n"
            return PlainTextResponse(told, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return None
