"""Reads an HTTP response: a clear answer, or an error that is rebuilt without body and headers.

The same for every vendor, whichever client sent the request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, Unreadable, VendorError
from blocks.wire.exchange import Answered
from blocks.wire.strict_json import NOT_JSON, UnreadableError, read_json

# A vendor that asks for more patience than this is not believed.
LONGEST_PATIENCE_S = 3600.0
_SAFE_CODE = re.compile(r"[A-Za-z0-9_ .:-]{1,60}")
_BY_STATUS: dict[int, tuple[type[VendorError], str]] = {
    401: (Refused, "not accepted"),
    403: (Refused, "not accepted"),
    404: (Missing, "not found"),
}
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-github-request-id", "x-slack-req-id", "x-amzn-requestid")


@dataclass(frozen=True, slots=True)
class Reply:
    """A clear answer: status, the JSON body (None when empty) and the headers. Its body never shows in a repr."""

    status: int
    body: Any = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cause:
    """What a vendor's own code says is wrong (``fault``, words for "failed: ..."), and what to do about that."""

    fault: str
    remedy: str


NO_CAUSES: Mapping[str, Cause] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a refused request, handed to a vendor's own classifier. The body never leaves the client."""

    status: int
    body: Any = field(repr=False)


def reply_of(
    vendor: str,
    operation: str,
    answered: Answered,
    *,
    accept: tuple[int, ...] = (),
    remedy: str | None = None,
    if_refused: str | None = None,
    code_of: Callable[[Failure], str | None] | None = None,
    request_id_of: Callable[[Failure], str | None] | None = None,
    causes: Mapping[str, Cause] = NO_CAUSES,
) -> Reply:
    """A response as a clear answer, or a VendorError (see ``Http.ask``). For clients that bring their own transport.

    ``causes`` says by the vendor's code what a 4xx means; without an entry the status has to do, with ``if_refused`` or
    else ``remedy``.
    """
    status = answered.status_code
    body: Any = None
    unreadable = ""
    try:
        body = read_json(answered.content)
    except UnreadableError as error:
        unreadable = str(error)
    if (200 <= status < 300 or status in accept) and not unreadable:
        return Reply(status=status, body=body, headers=dict(answered.headers))
    facts: dict[str, Any] = {
        "vendor": vendor,
        "operation": operation,
        "status": status,
        "code": _safe(Failure(status, body), code_of) if not unreadable else None,
        "request_id": _request_id(answered) or (None if unreadable else _safe(Failure(status, body), request_id_of)),
        "remedy": remedy,
    }
    raise _error(answered, facts, unreadable, causes.get(facts["code"] or ""), if_refused)


def _error(
    answered: Answered, facts: dict[str, Any], unreadable: str, cause: Cause | None, if_refused: str | None
) -> VendorError:
    status = answered.status_code
    if status == 429:
        wait_s = patience_s(answered.headers)
        wait_s = _until_reset(answered) if wait_s is None else wait_s
        return RateLimited(fault="rate limit reached", retry_after_s=wait_s, **facts)
    if status >= 500:
        return Unclear(fault="the vendor is in trouble", retry_after_s=patience_s(answered.headers), **facts)
    if 300 <= status < 400:
        return Unclear(fault="redirected, which rekey never follows (a login page?)", transient=False, **facts)
    # Vendors' own refusals carry a JSON body; a bare status is a proxy's and says nothing about a credential.
    if unreadable and unreadable != NOT_JSON:
        return Unreadable(fault=unreadable, transient=status < 400, **facts)
    if unreadable or not answered.content:
        return Unclear(fault=NOT_JSON, transient=status < 400, **facts)
    kind, fault = _BY_STATUS.get(status, (Rejected, "rejected"))
    if cause is None:
        return kind(**{**facts, "fault": fault, "remedy": if_refused or facts["remedy"]})
    return kind(**{**facts, "fault": cause.fault, "remedy": cause.remedy})


def _safe(failure: Failure, read: Callable[[Failure], str | None] | None) -> str | None:
    text = read(failure) if read else None
    return text if text and _SAFE_CODE.fullmatch(text) else None


def _request_id(answered: Answered) -> str | None:
    for name in _REQUEST_ID_HEADERS:
        value: str | None = answered.headers.get(name)
        if value and _SAFE_CODE.fullmatch(value):
            return value
    return None


def patience_s(headers: Mapping[str, str]) -> float | None:
    """For how many seconds the vendor asks to be left alone (Retry-After: seconds or a date), clipped to an hour.

    None when it does not ask, or in a way that cannot be read.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdecimal():
        return clipped_s(float(asked))
    with suppress(ValueError, OverflowError, TypeError):
        return clipped_s((parsedate_to_datetime(asked) - _now(headers)).total_seconds())
    return None


def _now(headers: Mapping[str, str]) -> datetime:
    """By the vendor's own clock where it tells it: this machine's may be wrong. Raises for a date that is none."""
    told = headers.get("date")
    now = parsedate_to_datetime(told) if told else datetime.now(UTC)
    if now.tzinfo is None:
        raise ValueError
    return now


def clipped_s(seconds: float) -> float:
    """A wait that a vendor asks for, made one that may be believed."""
    return min(max(0.0, seconds), LONGEST_PATIENCE_S)


def _until_reset(answered: Answered) -> float | None:
    # Alpaca sends no Retry-After but the moment, in epoch seconds, and advises one second more (seen 2026-11-21).
    moment = answered.headers.get("x-ratelimit-reset", "")
    if not (moment.isascii() and moment.isdecimal()):
        return None
    now_s = time.time()
    with suppress(ValueError, OverflowError, TypeError):
        now_s = _now(answered.headers).timestamp()
    return clipped_s(float(moment) - now_s) + 1
