"""The one way in which rekey talks HTTP: explicit timeouts, no redirects, https unless loopback, errors rebuilt.

The proxies and certificates of the environment are ignored (``trust_env=False``), so that no variable of a worker can
lead a secret to another host.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from blocks import lease
from blocks.errors import CatalogError, Rejected, Unreachable
from blocks.replies import Failure, Reply, reply_of

CONNECT_TIMEOUT_S = 5.0
# Alpaca advises 15 to 30 s, Heroku cuts its own requests at 30 s.
READ_TIMEOUT_S = 15.0
USER_AGENT = "rekey"
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
        needs_lease: bool = False,
    ) -> Reply:
        """One request, one clear answer, or a VendorError.

        ``operation`` is how the request is called in messages ("read account"); ``accept`` lists further status codes
        whose JSON body is an answer and not an error; ``remedy`` replaces the error's standard advice. A run that lost
        its lease sends nothing that ``needs_lease``: asked right before, because a process may stand still anywhere.
        Raises LeaseLost, Unreachable, RateLimited, Unclear, Refused, Missing, Rejected.
        """
        response: httpx.Response | None = None
        fault = ""
        if needs_lease:
            lease.prove()
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
