"""The one way in which rekey talks HTTP: explicit timeouts, no redirects, https unless loopback, errors rebuilt.

The proxies and certificates of the environment are ignored (``trust_env=False``), so that no variable of a worker can
lead a secret to another host.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from blocks.errors import (
    CatalogError,
    Missing,
    RateLimited,
    Refused,
    Rejected,
    Unclear,
    Unreachable,
    VendorError,
)

CONNECT_TIMEOUT_S = 5.0
# Alpaca advises 15 to 30 s, Heroku cuts its own requests at 30 s.
READ_TIMEOUT_S = 15.0
USER_AGENT = "rekey"
_SAFE_CODE = re.compile(r"[A-Za-z0-9_ .:-]{1,60}")
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-github-request-id", "x-slack-req-id")
_UNSENDABLE = "the request holds a character that cannot be sent"


def checked_base_url(vendor: str, url: str) -> str:
    """The base URL without trailing slash. http is refused unless the host is loopback.

    Raises CatalogError: the secret would cross a network in clear text.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise CatalogError(
            f"{vendor}: its address in the block is not a web address.",
            "Give a base URL such as https://api.example.com.",
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise CatalogError(
            f"{vendor}: the address of {parts.hostname} is not https.",
            "Use https; plain http is for loopback addresses only.",
        )
    return url.rstrip("/")


@cache
def _tls() -> ssl.SSLContext:
    """One context for all clients: reading the certificates takes 30 ms, and a step makes several clients."""
    return httpx.create_ssl_context(trust_env=False)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Reply:
    """A clear answer: status, the JSON body (None when empty) and the headers. Its body never shows in a repr."""

    status: int
    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a refused request, handed to a vendor's own classifier. The body never leaves the client."""

    status: int
    body: Any = field(repr=False)


class Http:
    """A client for one vendor host. Close it, or use it as a context manager."""

    def __init__(
        self,
        vendor: str,
        base_url: str,
        *,
        headers: Mapping[str, SecretStr | str] | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        code_of: Callable[[Failure], str | None] | None = None,
        request_id_of: Callable[[Failure], str | None] | None = None,
    ) -> None:
        """``headers`` go with every request; ``code_of`` reads the vendor's own error code from a refused request.

        ``request_id_of`` reads the request id of a vendor that names it in the body and in no header.
        """
        self.vendor = vendor
        self._code_of = code_of
        self._request_id_of = request_id_of
        self._client = httpx.Client(
            base_url=checked_base_url(vendor, base_url),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", **_revealed(vendor, headers or {})},
            timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
            verify=_tls(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, SecretStr | str] | None = None,
        accept: tuple[int, ...] = (),
        remedy: str | None = None,
    ) -> Reply:
        """One request, one clear answer, or a VendorError.

        ``operation`` is how the request is called in messages ("read account"); ``accept`` lists further status codes
        whose JSON body is an answer and not an error; ``remedy`` replaces the error's standard advice.
        Raises Unreachable, RateLimited, Unclear, Refused, Missing, Rejected.
        """
        response: httpx.Response | None = None
        fault = ""
        try:
            response = self._client.request(
                method, path, params=params, json=json, headers=_revealed(self.vendor, headers) if headers else None
            )
        except httpx.TimeoutException:
            fault = "no answer in time"
        except httpx.HTTPError as error:
            # The class name says what happened (ConnectError, RemoteProtocolError); the text may hold the URL.
            fault = f"connection failed ({type(error).__name__})"
        except UnicodeError:
            # Half a character (a lone surrogate) in the body. The encoder's error holds the whole body.
            fault = _UNSENDABLE
        # Raised outside of the handlers, so that the new error holds no reference to httpx's request.
        if fault == _UNSENDABLE:
            raise Rejected(vendor=self.vendor, operation=operation, fault=fault, remedy=remedy)
        if response is None:
            raise Unreachable(vendor=self.vendor, operation=operation, fault=fault, remedy=remedy)
        return self._read(operation, response, accept, remedy)

    def _read(self, operation: str, response: httpx.Response, accept: tuple[int, ...], remedy: str | None) -> Reply:
        return reply_of(
            self.vendor,
            operation,
            response,
            accept=accept,
            remedy=remedy,
            code_of=self._code_of,
            request_id_of=self._request_id_of,
        )


class Answered(Protocol):
    """What httpx and requests both call a response."""

    status_code: int

    @property
    def headers(self) -> Mapping[str, str]:
        """Names are found in any case."""

    @property
    def content(self) -> bytes | Any:
        """The body."""

    def json(self) -> Any:
        """The body, parsed; a ValueError when it is not JSON."""


def reply_of(
    vendor: str,
    operation: str,
    response: Answered,
    *,
    accept: tuple[int, ...] = (),
    remedy: str | None = None,
    code_of: Callable[[Failure], str | None] | None = None,
    request_id_of: Callable[[Failure], str | None] | None = None,
) -> Reply:
    """A response as a clear answer, or a VendorError (see ``Http.ask``). For clients that bring their own transport."""
    status = response.status_code
    is_json, body = _json_of(response)
    if (200 <= status < 300 or status in accept) and is_json:
        return Reply(status=status, body=body, headers=dict(response.headers))
    facts: dict[str, Any] = {
        "vendor": vendor,
        "operation": operation,
        "status": status,
        "code": _safe(Failure(status, body), code_of) if is_json else None,
        "request_id": _request_id(response) or (_safe(Failure(status, body), request_id_of) if is_json else None),
        "remedy": remedy,
    }
    raise _error(response, facts, is_json=is_json)


def _error(response: Answered, facts: dict[str, Any], *, is_json: bool) -> VendorError:
    status = response.status_code
    if status == 429:
        wait_s = _retry_after(response)
        wait_s = _until_reset(response) if wait_s is None else wait_s
        return RateLimited(fault="rate limit reached", retry_after_s=wait_s, **facts)
    if status >= 500:
        return Unclear(fault="the vendor is in trouble", retry_after_s=_retry_after(response), **facts)
    if 300 <= status < 400:
        return Unclear(fault="redirected, which rekey never follows (a login page?)", transient=False, **facts)
    # Vendors' own refusals carry a JSON body; a bare status is a proxy's and says nothing about a credential.
    if not is_json or not response.content:
        return Unclear(fault="not JSON (a proxy's page?)", transient=status < 400, **facts)
    if status in {401, 403}:
        return Refused(fault="not accepted", **facts)
    if status == 404:
        return Missing(fault="not found", **facts)
    return Rejected(fault="rejected", **facts)


def _safe(failure: Failure, read: Callable[[Failure], str | None] | None) -> str | None:
    text = read(failure) if read else None
    return text if text and _SAFE_CODE.fullmatch(text) else None


def wire_text(vendor: str, value: SecretStr | str) -> str:
    """The value as a header may carry it.

    Raises CatalogError for a character that no token has (a line end, a typographic quote): the transports' own errors
    quote the whole header.
    """
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if text.isascii() and text.isprintable():
        return text
    raise CatalogError(
        f"{vendor}: a token or header value holds a character that cannot be sent.",
        "Enter it again where it is kept (mostly a block: Prefect UI, Blocks), without line ends.",
    )


def _revealed(vendor: str, headers: Mapping[str, SecretStr | str]) -> dict[str, str]:
    return {name: wire_text(vendor, value) for name, value in headers.items()}


def _json_of(response: Answered) -> tuple[bool, Any]:
    if not response.content:
        return True, None
    try:
        return True, response.json()
    except ValueError:
        return False, None


def _request_id(response: Answered) -> str | None:
    for name in _REQUEST_ID_HEADERS:
        value: str | None = response.headers.get(name)
        if value and _SAFE_CODE.fullmatch(value):
            return value
    return None


def _retry_after(response: Answered) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None


def _until_reset(response: Answered) -> float | None:
    # Alpaca sends no Retry-After but the moment, in epoch seconds, and advises one second more (seen 2026-11-21).
    moment = response.headers.get("x-ratelimit-reset", "")
    return max(0.0, float(moment) - time.time()) + 1 if moment.isdecimal() else None
