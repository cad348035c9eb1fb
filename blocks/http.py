"""The one way in which rekey talks HTTP: explicit timeouts, no redirects, https unless loopback, errors rebuilt.

The proxies and certificates of the environment are ignored (``trust_env=False``), so that no variable of a worker can
lead a secret to another host.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
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
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-github-request-id")


def checked_base_url(vendor: str, url: str) -> str:
    """The base URL without trailing slash. http is refused unless the host is loopback.

    Raises CatalogError: the secret would cross a network in clear text.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise CatalogError(
            f"{vendor}: {url!r} is not a web address.", "Give a base URL such as https://api.example.com."
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise CatalogError(f"{vendor}: {url} is not https.", "Use https; plain http is for loopback addresses only.")
    return url.rstrip("/")


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
    ) -> None:
        """``headers`` go with every request; ``code_of`` reads the vendor's own error code from a refused request."""
        self.vendor = vendor
        self._code_of = code_of
        self._client = httpx.Client(
            base_url=checked_base_url(vendor, base_url),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", **_revealed(headers or {})},
            timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
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
                method, path, params=params, json=json, headers=_revealed(headers) if headers else None
            )
        except httpx.TimeoutException:
            fault = "no answer in time"
        except httpx.HTTPError as error:
            # The class name says what happened (ConnectError, RemoteProtocolError); the text may hold the URL.
            fault = f"connection failed ({type(error).__name__})"
        # Raised outside of the handlers, so that the new error holds no reference to httpx's request.
        if response is None:
            raise Unreachable(vendor=self.vendor, operation=operation, fault=fault, remedy=remedy)
        return self._read(operation, response, accept, remedy)

    def _read(self, operation: str, response: httpx.Response, accept: tuple[int, ...], remedy: str | None) -> Reply:
        status = response.status_code
        is_json, body = _json_of(response)
        if (200 <= status < 300 or status in accept) and is_json:
            return Reply(status=status, body=body, headers=dict(response.headers))
        raise self._error(operation, response, is_json=is_json, body=body, remedy=remedy)

    def _error(
        self, operation: str, response: httpx.Response, *, is_json: bool, body: Any, remedy: str | None
    ) -> VendorError:
        status = response.status_code
        facts: dict[str, Any] = {
            "vendor": self.vendor,
            "operation": operation,
            "status": status,
            "code": self._safe_code(Failure(status, body)) if is_json else None,
            "request_id": _request_id(response),
            "remedy": remedy,
        }
        if status == 429:
            return RateLimited(fault="rate limit reached", retry_after_s=_retry_after(response), **facts)
        if status >= 500:
            return Unclear(fault="the vendor is in trouble", retry_after_s=_retry_after(response), **facts)
        if 300 <= status < 400:
            return Unclear(fault="redirected, which rekey never follows (a login page?)", transient=False, **facts)
        if not is_json:
            return Unclear(fault="not JSON (a proxy's page?)", transient=status < 400, **facts)
        if status in {401, 403}:
            return Refused(fault="not accepted", **facts)
        if status == 404:
            return Missing(fault="not found", **facts)
        return Rejected(fault="rejected", **facts)

    def _safe_code(self, failure: Failure) -> str | None:
        code = self._code_of(failure) if self._code_of else None
        return code if code and _SAFE_CODE.fullmatch(code) else None


def _revealed(headers: Mapping[str, SecretStr | str]) -> dict[str, str]:
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in headers.items()
    }


def _json_of(response: httpx.Response) -> tuple[bool, Any]:
    if not response.content:
        return True, None
    try:
        return True, response.json()
    except ValueError:
        return False, None


def _request_id(response: httpx.Response) -> str | None:
    for name in _REQUEST_ID_HEADERS:
        value: str | None = response.headers.get(name)
        if value and _SAFE_CODE.fullmatch(value):
            return value
    return None


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdigit() else None
