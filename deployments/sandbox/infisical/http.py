"""How the simulated vault speaks HTTP: bodies, error pages, ETags, rate limits, and the access proxy in front."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.sandbox import made_up
from deployments.sandbox.infisical.state import Refusal, Vault
from deployments.sandbox.json_body import parsed

_JSON = "application/json; charset=utf-8"
_DOCS = "/api/docs/json"
_LARGEST_BODY = 1024 * 1024
# Requests a window by kind of route: a self-hosted server of 2024, and the free tier of Infisical Cloud today.
_RATES = {"2024": {"secrets": 40, "read": 60, "write": 200}, "current": {"secrets": 120, "read": 200, "write": 90}}


class AccessProxy:
    """Cloudflare Access in front of the vault: without its headers, an HTML page with error 1010."""

    def __init__(self, app: ASGIApp, vault: Vault) -> None:
        self._app = app
        self._vault = vault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through when it has what the proxy demands."""
        demanded = self._vault.knobs.access_proxy
        if demanded is None or _has(Headers(scope=scope), demanded):
            await self._app(scope, receive, send)
            return
        await Request(scope, receive).body()
        page = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>error code: 1010</body></html>"
        await HTMLResponse(page, 403)(scope, receive, send)


def _has(headers: Headers, demanded: Mapping[str, str]) -> bool:
    return all(headers.get(name) == value for name, value in demanded.items())


class NoTrailingSlash:
    """The vault's router takes a path that ends in a slash for the one without (ignoreTrailingSlash in its source)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under the path that the routes know. A slash that is escaped belongs to a name."""
        raw = bytes(scope.get("raw_path", b"")).partition(b"?")[0]
        if scope["type"] == "http" and len(raw) > 1 and raw.endswith(b"/"):
            scope = {**scope, "path": scope["path"].removesuffix("/"), "raw_path": raw[:-1]}
        await self._app(scope, receive, send)


class RateLimit:
    """Fixed windows by route and client address."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def count(self, route: str, kind: str, client: str) -> dict[str, str]:
        """Count one request. Returns the headers of its answer; raises Refusal (429) when the window is full."""
        knobs = self._vault.knobs
        if not knobs.rate_limits:
            return {}
        now = time.monotonic()
        limit = (knobs.rates or _RATES[self._vault.profile])[kind]
        start, used = self._vault.windows.get((route, client), (now, 0))
        if now - start >= knobs.rate_window_s:
            start, used = now, 0
        self._vault.windows[route, client] = (start, used + 1)
        left = math.ceil(start + knobs.rate_window_s - now)
        if used >= limit:
            wait = f"{left} seconds" if self._vault.is_current else "1 minute"
            raise Refusal(429, "RateLimitExceeded", f"Rate limit exceeded. Please try again in {wait}", left)
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(limit - used - 1),
            "x-ratelimit-reset": str(left),
        }


async def body_of(request: Request) -> Any:
    """The parsed body, None when empty. What cannot be parsed is a 500, as on the real server."""
    raw = await request.body()
    if not raw:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    read: Any = None
    if kind == "text/plain":
        # Fastify reads it as a text, which is no object.
        return raw.decode("utf-8", "replace")
    readable = len(raw) <= _LARGEST_BODY and kind in {"application/json", "application/x-www-form-urlencoded"}
    if readable and kind == "application/json":
        try:
            read = parsed(raw)
        except ValueError:
            readable = False
    if not readable:
        raise Refusal(500, "InternalServerError", "Something went wrong")
    return dict(parse_qsl(raw.decode())) if kind != "application/json" else read


def answered(request: Request, body: Any, headers: Mapping[str, str]) -> Response:
    """A success, always with status 200 (a create too); 304 when the caller has it already."""
    response = JSONResponse(body, media_type=_JSON)
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:27]}"'
    if request.method in {"GET", "HEAD"} and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag, **headers})
    response.headers.update({"etag": tag, **headers})
    return response


def refused(vault: Vault, refusal: Refusal) -> Response:
    """An error in the vault's shape; today's servers add a request id and sometimes details."""
    body: dict[str, Any] = {"statusCode": refusal.status, "message": refusal.message, "error": refusal.error}
    headers: dict[str, str] = {}
    if refusal.status == 429:
        headers = {"retry-after": str(refusal.details), "x-ratelimit-remaining": "0"}
    elif refusal.details is not None:
        body["details"] = refusal.details
    if vault.is_current:
        body["reqId"] = _request_id()
    return JSONResponse(body, refusal.status, headers, media_type=_JSON)


async def no_route(request: Request, _: Exception) -> Response:
    """Fastify's answer to an unknown route or method, with the whole query string in it."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    message = f"Route {request.method}:{target} not found"
    return JSONResponse({"message": message, "error": "Not Found", "statusCode": 404}, 404, media_type=_JSON)


async def no_route_today(request: Request, _: Exception) -> Response:
    """A server of today's: without the query, and with where the API is described.

    By the vault's own test (not-found-handler.spec.ts, read 2026-11-29); the words of the second sentence are inferred.
    """
    message = f"Route {request.method}:{request.url.path} not found. See {_DOCS} for the routes that there are."
    told = {"reqId": _request_id(), "statusCode": 404, "error": "Not Found", "message": message, "docs": _DOCS}
    return JSONResponse(told, 404, media_type=_JSON)


def _request_id() -> str:
    return f"req-{made_up.identifier()[:14]}"
