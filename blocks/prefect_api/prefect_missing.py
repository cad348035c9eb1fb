"""Whether Prefect itself says that it does not know a thing.

A 404 alone says little: an ingress answers so for a moment while it does not find its server. Taken for Prefect's word,
it would end a run that lives, take its lease away, or lose a pair that was typed.
"""

from __future__ import annotations

from http import HTTPStatus

import httpx
from prefect.exceptions import ObjectNotFound

NOT_PREFECTS = "an answer that is not Prefect's own"
# What Prefect answers for a route that it does not have (3.8.8), whatever it knows.
_NO_ROUTE = {"detail": "Not Found"}


def is_missing(error: BaseException | None) -> bool:
    """Whether this error of Prefect's client is Prefect's own "not found"; False for one of something before it."""
    cause = error.http_exc if isinstance(error, ObjectNotFound) else error
    if not isinstance(cause, httpx.HTTPStatusError) or cause.response.status_code != HTTPStatus.NOT_FOUND:
        return False
    try:
        said = cause.response.json()
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said != _NO_ROUTE and bool({"detail", "exception_message"} & said.keys())
