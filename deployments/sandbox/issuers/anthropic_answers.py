"""How Anthropic's API is asked and answers, whatever it is asked: its versions, where the key stands, errors and pages.

Of its documentation (platform.claude.com/docs, "Versions", "Errors" and "Authentication", read 2026-11-29) and of its
Python library 2.14, which sends the key as Bearer and the version 2026-10-21. Messages of errors are worded anew.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox.issuers.keys import bearer
from deployments.sandbox.json_body import parsed

NEWEST = "2026-10-21"
VERSIONS = ("2023-06-01", NEWEST)
LONGEST_PAGE, PAGE = 1000, 20
# A status that is not here is an invalid_request_error, too: 405.
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_ALPHABET = string.ascii_letters + string.digits


class NotTakenError(Exception):
    """A request that is answered 400, and why."""


def numbered(begin: str) -> str:
    """An id as its objects have them: what it is one of, and 22 letters and digits behind 01."""
    return f"{begin}_01{''.join(secrets.choice(_ALPHABET) for _ in range(22))}"


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, with the id of the request."""
    return JSONResponse(body, status, {"request-id": numbered("req"), **(headers or {})})


def error(status: int, message: str) -> Response:
    """A refusal: its body and its header name the request."""
    number = numbered("req")
    told = {"type": TYPES.get(status, TYPES[400]), "message": message}
    return answer({"type": "error", "error": told, "request_id": number}, status, {"request-id": number})


def key_of(request: Request) -> str | None:
    """The key, in x-api-key or as Bearer."""
    return request.headers.get("x-api-key") or bearer(request)


def not_authenticated(request: Request, status: int = 401) -> Response:
    """No key, or one that is none."""
    if not key_of(request):
        return error(status, "x-api-key header is required")
    return error(status, "invalid x-api-key" if request.headers.get("x-api-key") else "Invalid bearer token")


def wrong_version(request: Request) -> Response | None:
    """What a request without a version that there is is told."""
    version = request.headers.get("anthropic-version")
    if version in VERSIONS:
        return None
    return error(400, f"anthropic-version: {'not a version of this API' if version else 'header is required'}")


def version_of(request: Request) -> str:
    """The one asked for."""
    return request.headers.get("anthropic-version", "")


async def sent(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises NotTakenError for anything else."""
    try:
        found = parsed(await request.body())
    except ValueError:
        raise NotTakenError("The request body is not valid JSON") from None
    if not isinstance(found, dict):
        raise NotTakenError("The request body is no JSON object")
    return found


def paged(rows: list[dict[str, object]], query: Mapping[str, str], longest: int = LONGEST_PAGE) -> dict[str, object]:
    """A page of a list, behind after_id or before before_id. Raises NotTakenError.

    What is answered to an id that is not in the list is not documented: here the page is the first.
    """
    most, ids = min(longest, _limit(query.get("limit", str(PAGE)))), [row["id"] for row in rows]
    before, after = query.get("before_id"), query.get("after_id")
    if before in ids and not after:
        end = ids.index(before)
        start = max(0, end - most)
        more = start > 0
    else:
        start = ids.index(after) + 1 if after in ids else 0
        end = start + most
        more = end < len(rows)
    found = rows[start:end]
    ends = {"first_id": found[0]["id"], "last_id": found[-1]["id"]} if found else {"first_id": None, "last_id": None}
    return {"data": found, "has_more": more, **ends}


def _limit(written: str) -> int:
    if not (written.isascii() and written.isdecimal()):
        raise NotTakenError("limit: Input should be a valid integer")
    # More digits than any limit has are no number that has to be read.
    limit = int(written[:10])
    if not 1 <= limit <= LONGEST_PAGE:
        raise NotTakenError(f"limit: Input should be from 1 to {LONGEST_PAGE}")
    return limit
