"""How programs get past the door of a Prefect server: its login, and its token against forged requests."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_SSL_CERT_FILE, PREFECT_API_URL

URL, LOGIN, AUTHORITY = "PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_SSL_CERT_FILE"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Prefect's server closes a connection on which nothing came for five seconds (uvicorn's default, and httpx's): whoever
# used it again at that moment would get no answer.
IDLE_S = 2.0


def client_settings(environment: Mapping[str, str]) -> dict[Any, Any]:
    """For Prefect's own client in this process, which does the rest by itself."""
    named = {PREFECT_API_URL: environment[URL], PREFECT_API_AUTH_STRING: environment[LOGIN]}
    authority = environment.get(AUTHORITY)
    return {**named, PREFECT_API_SSL_CERT_FILE: authority} if authority else named


def http_client(
    environment: Mapping[str, str], timeout_s: float, on_request: Callable[[httpx.Request], None] | None = None
) -> httpx.Client:
    """A plain client of the server that this environment names."""
    return httpx.Client(
        base_url=environment[URL],
        auth=Login(environment[URL], environment[LOGIN]),
        timeout=timeout_s,
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE_S),
        trust_env=False,
        verify=_believed(environment.get(AUTHORITY, "")),
        event_hooks={"request": [on_request] if on_request else []},
    )


@cache
def _believed(file: str) -> ssl.SSLContext:
    """The authorities in this file alone, as for Prefect's own client; without one those that everybody believes."""
    return ssl.create_default_context(cafile=file) if file else httpx.create_ssl_context(trust_env=False)


class Login(httpx.Auth):
    """Says who asks, and adds a token to what changes something.

    While the server's database is too busy for a token, that answer (503) is the answer to the request itself.
    """

    requires_response_body = True

    def __init__(self, api_url: str, login: str) -> None:
        self._tokens = f"{api_url}/csrf-token"
        self._basic = f"Basic {b64encode(login.encode()).decode()}"
        # Headers that belong together. Each new token has a name of its own, so that threads do not disturb another.
        self._token: dict[str, str] = {}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """As httpx asks for it. A token that has ended is replaced once."""
        request.headers["Authorization"] = self._basic
        if request.method not in CHANGING:
            yield request
            return
        for _ in range(2):
            token = self._token or (yield from self._new_token())
            if not token:
                return
            request.headers.update(token)
            answer = yield request
            if answer.status_code != HTTPStatus.FORBIDDEN:
                return
            self._token = {}

    def _new_token(self) -> Generator[httpx.Request, httpx.Response, dict[str, str]]:
        name, headers = str(uuid4()), {"Authorization": self._basic}
        answer = yield httpx.Request("GET", self._tokens, params={"client": name}, headers=headers)
        if answer.status_code == HTTPStatus.OK:
            self._token = {"Prefect-Csrf-Client": name, "Prefect-Csrf-Token": str(answer.json()["token"])}
        return self._token
