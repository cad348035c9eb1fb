"""Reads an HTTP response: a clear answer, or an error that is rebuilt without body and headers.

The same for every vendor, whichever client sent the request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, VendorError

_SAFE_CODE = re.compile(r"[A-Za-z0-9_ .:-]{1,60}")
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-github-request-id", "x-slack-req-id")


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
