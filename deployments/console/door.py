"""The console's door: who may ask at all, and what every answer says to the browser.

Asked for by another name it answers nothing, so that no page elsewhere reads it by a name of its own that leads here
(DNS rebinding). What changes something must come from one of its own pages (forged requests). Every page may load its
own files, and nothing of anybody else's.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blocks.operators.passkeys import Site

LOCAL = frozenset({"localhost", "127.0.0.1"})
# No browser sends a form by itself, as an address with all that was entered: the pages' scripts do, and seal it first.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
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
# By https alone for a year, whatever somebody types; a browser obeys only what came by https.
ALWAYS_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
NOT_HTTPS = (
    "This console is asked for by https alone, at {}/. If you came by that, it came here by a proxy that the console "
    "does not name (REKEY_CONSOLE_PROXIES), or that does not say so (X-Forwarded-Proto).\n"
)
READING, ACTING = frozenset({"GET", "HEAD"}), "POST"
# What a page of the console sends, and a form of another site cannot without asking first.
SENT = "application/json"
# A pair that is sealed has less than 2 KB.
LARGEST_BYTES = 16 * 1024
# Nothing of the console has a longer address.
LONGEST_PATH = 300


def names_of(site: Site) -> frozenset[str]:
    """The hosts, with their ports, by which a console at this site may be asked for."""
    parts = urlsplit(site.origin)
    if parts.port is None:
        # A browser leaves the usual port out.
        usual = {"https": 443}.get(parts.scheme, 80)
        return frozenset({site.host, f"{site.host}:{usual}"})
    hosts = {site.host, *(LOCAL if site.host in LOCAL else ())}
    return frozenset(f"{host}:{parts.port}" for host in hosts)


class Door:
    """Lets through what is asked for by this site's names and scheme; and what acts, only from a page of its own."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._names = names_of(site)
        self._headers = {**HEADERS, **(ALWAYS_HTTPS if site.is_https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        await (refused or self._app)(scope, receive, sent)

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        """What is said to a request that is not let through. What it holds is not repeated."""
        headers = Headers(scope=scope)
        if headers.getlist("host") not in [[name] for name in self._names]:
            told = f"This console is not asked for by that name. Open {self._site.origin}/ instead.\n"
            return PlainTextResponse(told, HTTPStatus.MISDIRECTED_REQUEST)
        if self._site.is_https and scope["scheme"] != "https":
            return PlainTextResponse(NOT_HTTPS.format(self._site.origin), HTTPStatus.MISDIRECTED_REQUEST)
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
        if (
            headers.getlist("origin") != [self._site.origin]
            or headers.get("sec-fetch-site", "same-origin") != "same-origin"
        ):
            told = f"Only a page of this console may do that. Open {self._site.origin}/ and act there.\n"
            return PlainTextResponse(told, HTTPStatus.FORBIDDEN)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != SENT:
            told = f"The console takes {SENT}, as its own pages send it.\n"
            return PlainTextResponse(told, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        length = headers.get("content-length", "")
        if not (length.isdecimal() and len(length) < len(str(LARGEST_BYTES)) + 1 and int(length) <= LARGEST_BYTES):
            told = f"The console takes at most {LARGEST_BYTES} bytes, and their length beforehand.\n"
            return PlainTextResponse(told, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return None
