"""One HTTP exchange with bounds: a deadline for all of it, and a size for the answer.

The size is counted while an answer is decoded: a few kilobytes may unpack to gigabytes.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from pydantic import Field

from blocks import tally
from blocks.errors import Rejected, Unreachable, Unreadable, VendorError
from blocks.wire import witnesses
from blocks.wire.bounded_network import BoundedTransport, until

CONNECT_TIMEOUT_S = 5.0
# For the next part of an answer. Alpaca advises 15 to 30 s, Heroku cuts its own requests at 30 s.
READ_TIMEOUT_S = 15.0
# The deadline of the whole exchange, in read timeouts: 30 s.
READ_TIMEOUTS = 2
# How a block asks for it.
ReadTimeout = Annotated[
    float,
    Field(
        ge=0.05,
        title="Read timeout (seconds)",
        description="How long to wait for the next part of an answer; a whole answer may take twice as long.",
    ),
]
MEBIBYTE = 1024 * 1024
# The largest answer, decoded; and the largest one that is a list.
ANSWER_BYTES = MEBIBYTE
LIST_BYTES = 10 * MEBIBYTE
USER_AGENT = "rekey"
# A timer may end a moment before its time.
CLOCK_S = 0.01
_UNSENDABLE = "the request holds a character that cannot be sent"
# Asked for in no request, sent by servers that do not listen.
_ZIPPED = frozenset({"gzip", "x-gzip", "deflate"})


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer as it came. Names of headers are found in any case; its body never shows in a repr."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Exchanges:
    """Connections on which bounded exchanges are made; safe to share between threads. Close it."""

    def __init__(
        self,
        vendor: str,
        *,
        base_url: str = "",
        read_timeout_s: float,
        headers: Mapping[str, str] | None = None,
        doubts_refusals: bool = False,
        certificates: str = "",
        is_counted: bool = True,
    ) -> None:
        """``headers`` go with every request. Proxies and certificates of the environment are ignored.

        ``certificates`` (PEM) of a vendor with an authority of its own are believed alone. Requests are counted by
        vendor and host, unless the address itself is a secret.

        With ``doubts_refusals`` a read that is answered with 401 is asked once more, on a fresh connection and before
        the same deadline: one refusal proves nothing, and one connection may lead to one server that is out of step.
        """
        self._vendor = vendor
        self._doubts_refusals = doubts_refusals
        self._certificates = certificates
        self._is_counted = is_counted
        self._within_s = READ_TIMEOUTS * read_timeout_s
        self._client = httpx.Client(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT, **(headers or {}), "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
            transport=BoundedTransport(certificates),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def exchange(  # keyword-only facts of one request
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = ANSWER_BYTES,
        remedy: str | None = None,
    ) -> Answered:
        """Send one request and read its whole answer, whatever it says.

        Raises Unreachable without a whole answer in time, Unreadable for one that is larger than ``largest`` bytes or
        cannot be decoded, Rejected for a request that cannot be sent.
        """
        fault: str | VendorError = ""
        deadline = time.monotonic() + self._within_s
        try:
            with until(deadline):
                request = self._client.build_request(
                    method, url, params=params, json=json, content=content, headers=headers
                )
                answered = self._answer(self._client, operation, request, largest, remedy)
                if not (self._doubts_refusals and method == "GET" and answered.status_code == HTTPStatus.UNAUTHORIZED):
                    return answered
                transport = BoundedTransport(self._certificates)
                with httpx.Client(follow_redirects=False, trust_env=False, transport=transport) as afresh:
                    return self._answer(afresh, operation, request, largest, remedy)
        except VendorError as error:
            fault = error
        except httpx.TimeoutException:
            late = time.monotonic() >= deadline - CLOCK_S
            fault = f"no whole answer within {self._within_s:g} s" if late else "no answer in time"
        except UnicodeError:
            # Half a character (a lone surrogate) in the body. The encoder's error holds the whole body.
            fault = _UNSENDABLE
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            # The class name says what happened (ConnectError, RemoteProtocolError); the text may hold the URL.
            fault = f"connection failed ({type(error).__name__})"
        # Raised outside of the handlers, so that the new error holds no reference to httpx's request.
        if isinstance(fault, VendorError):
            raise fault
        kind = Rejected if fault == _UNSENDABLE else Unreachable
        raise kind(vendor=self._vendor, operation=operation, fault=fault, remedy=remedy)

    def _answer(
        self, client: httpx.Client, operation: str, request: httpx.Request, largest: int, remedy: str | None
    ) -> Answered:
        answered = None
        try:
            answered = self._whole_answer(client, operation, request, largest, remedy)
        finally:
            if self._is_counted:
                became = tally.answered(answered.status_code) if answered else tally.Answered.NONE
                tally.add(tally.REQUESTS, self._vendor, request.url.netloc.decode(), became)
        return answered

    def _whole_answer(
        self, client: httpx.Client, operation: str, request: httpx.Request, largest: int, remedy: str | None
    ) -> Answered:
        response = client.send(request, stream=True)
        fault = ""
        try:
            content = _decoded(response.iter_raw(), response.headers.get("content-encoding", ""), largest)
        except _TooLargeError:
            fault = f"an answer of more than {largest // MEBIBYTE} MiB"
        except zlib.error:
            fault = "an answer that cannot be decoded"
        finally:
            response.close()
        if fault:
            raise Unreadable(
                vendor=self._vendor, operation=operation, fault=fault, status=response.status_code, remedy=remedy
            )
        witnesses.note(request.url.netloc.decode())
        return Answered(response.status_code, response.headers, content)


class _TooLargeError(Exception):
    """More than may be read."""


def _decoded(parts: Iterable[bytes], encoding: str, largest: int) -> bytes:
    """The body. Raises zlib.error and _TooLargeError."""
    coding = encoding.strip().lower()
    if coding not in {*_ZIPPED, "", "identity"}:
        raise zlib.error
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32) if coding in _ZIPPED else None
    content, received = bytearray(), 0
    for part in parts:
        received += len(part)
        content += inflater.decompress(part, largest + 1 - len(content)) if inflater else part
        if max(received, len(content)) > largest:
            raise _TooLargeError
    if inflater and received and (not inflater.eof or inflater.unused_data):
        # Cut short, or something behind its end, which another reader might read.
        raise zlib.error
    return bytes(content)
