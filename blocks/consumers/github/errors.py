"""What GitHub's refusals mean, and what an operator does about each. GitHub's own texts and headers never travel.

Facts from GitHub's REST API reference (troubleshooting, rate limits, permissions of fine-grained tokens), read
2026-11-21.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from blocks.consumers.github.place import REPOSITORY, VENDOR, Place
from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, VendorError
from blocks.wire.replies import Reply, clipped_s, patience_s

BLOCK = "the GitHub block (Prefect UI, Blocks)"
# How long to wait when GitHub limits and names no time: "at least one minute".
LIMITED_WAIT_S = 60.0
_SAFE = re.compile(r"[A-Za-z0-9_:.-]{1,60}")
_PERMISSIONS = re.compile(r"[a-z_]+=[a-z]+(?:[,;] ?[a-z_]+=[a-z]+){0,5}")

_REMEDY_401 = (
    f"Make a new token (GitHub, Settings, Developer settings), put it into {BLOCK}, then try again. "
    "Fine-grained tokens expire."
)
_REMEDY_422 = (
    "Compare the names in the catalog with GitHub's rules (not GITHUB_..., 100 secrets a repository, 48 KB a value), "
    "then try again: a fresh sealing key is fetched each time."
)
_REMEDY_API = f"Compare the url and the API version in {BLOCK} with your GitHub's."


# An organization's policies have phrases of their own, and no permission helps against them (public reports, read
# 2026-11-27). What they say is matched and never repeated: fault, remedy.
_POLICIES = (
    (
        re.compile(r"archived so is read-only"),
        "{named} is archived, so nothing can be written there",
        "Unarchive {named} (its Settings, Danger Zone), or take the entry out of the catalog. The token is not what is "
        "wrong.",
    ),
    (
        re.compile(r"lifetime is greater than"),
        "the organisation does not take tokens that live so long",
        f"Make a fine-grained token with a shorter lifetime (its policy says how long), put it into {BLOCK}, then try "
        "again.",
    ),
    (
        re.compile(r"forbids access via a personal access token \(classic\)"),
        "the organisation does not take classic tokens",
        f"Make a fine-grained token, put it into {BLOCK}, then try again.",
    ),
    (
        re.compile(r"ip allow list"),
        "the organisation has an IP allow list, and rekey's address is not on it",
        "Add the address of the machine on which rekey runs to the organisation's IP allow list, or run rekey on one "
        "that is on it. The token is not what is wrong.",
    ),
    (
        re.compile(r"saml enforcement"),
        "the organisation demands single sign-on, and the token is not authorized for it",
        f"Authorize the token of {BLOCK} for the organisation's single sign-on (GitHub, Settings, Developer settings, "
        "the token, Configure SSO), then try again.",
    ),
)

# What a 422 says of a workflow that does not start (public reports: benc-uk/workflow-dispatch 72, read 2026-11-29).
_ADDED_ANEW = "as docs/rekey-attestation.yml of rekey has it, then try again."
_NO_START = (
    (
        re.compile(r"disabled workflow"),
        "that workflow is disabled",
        "Enable it (the repository's Actions page, the workflow, Enable workflow), then try again.",
    ),
    (
        re.compile(r"does not have '?workflow_dispatch'?|workflow_dispatch'? trigger"),
        "that workflow cannot be started by hand: it has no workflow_dispatch",
        f"Put the workflow on the repository's default branch {_ADDED_ANEW}",
    ),
    (
        re.compile(r"unexpected inputs|required input"),
        "that workflow does not take the input that rekey sends",
        f"Put the workflow on the repository's default branch {_ADDED_ANEW}",
    ),
)


def moved(operation: str, reply: Reply, place: Place, now: str | None) -> Rejected:
    """The error for a repository that is called by a former name. Nothing is followed: the catalog is to say it."""
    return Rejected(
        fault=f"{place.named} was renamed or transferred to {now or 'another name'}",
        remedy=f"Correct repository in the catalog{f' to {now}' if now else ''}; look first whether it still is yours.",
        **_facts(operation, reply),
    )


def repository_name(text: Any) -> str | None:
    """The text when it has the form of a repository's full name."""
    return text if isinstance(text, str) and REPOSITORY.fullmatch(text) else None


def refusal(operation: str, reply: Reply, place: Place | None) -> VendorError:
    """The error for a 4xx with operation, status, validation code and request id, and with what to do."""
    facts = _facts(operation, reply)
    if not isinstance(reply.body, dict):
        return Unclear(fault="not GitHub's JSON (a proxy's page?)", transient=False, **facts)
    if _is_limited(reply):
        return RateLimited(fault="rate limit reached", retry_after_s=_wait_s(operation, reply), **facts)
    if reply.status == 401:
        return Refused(fault="the token is not accepted", remedy=_REMEDY_401, **facts)
    said = str(reply.body.get("message", "")).lower()
    for phrase, fault, remedy in _POLICIES if reply.status == 403 and place is not None else ():
        if phrase.search(said) and "x-github-sso" not in reply.headers:
            named = place.named if place else ""
            return Refused(fault=fault.format(named=named), remedy=remedy.format(named=named), **facts)
    for phrase, fault, remedy in _NO_START if reply.status == 422 else ():
        if phrase.search(said):
            return Rejected(fault=fault, remedy=remedy, **facts)
    if reply.status == 403:
        return Refused(fault="the token is not allowed to do this", remedy=_remedy_403(reply, place), **facts)
    if reply.status == 404:
        return Missing(fault="not found, or not visible to the token", remedy=_remedy_404(place), **facts)
    remedy = _REMEDY_422 if reply.status == 422 else _REMEDY_API
    return Rejected(fault="rejected", remedy=remedy, **facts)


def unclear(operation: str, reply: Reply, fault: str) -> Unclear:
    """The error for an answer that is clear in form and lacks what was asked for."""
    return Unclear(transient=False, fault=fault, **_facts(operation, reply))


def server_date(operation: str, reply: Reply) -> datetime:
    """GitHub's clock at this answer (whole seconds, UTC). Raises Unclear."""
    try:
        told = parsedate_to_datetime(reply.headers.get("date", ""))
        seen = told.astimezone(UTC) if told.tzinfo is not None else None
    except (ValueError, OverflowError):
        seen = None
    if seen is None:
        raise unclear(operation, reply, "no date in the answer")
    return seen


def _facts(operation: str, reply: Reply) -> dict[str, Any]:
    return {
        "vendor": VENDOR,
        "operation": operation,
        "status": reply.status,
        "code": _code(reply.body),
        "request_id": _safe(reply.headers.get("x-github-request-id")),
    }


def _safe(text: Any) -> str | None:
    return text if isinstance(text, str) and _SAFE.fullmatch(text) else None


def _code(body: Any) -> str | None:
    """The first validation error's code; GitHub's other errors have nothing but a message."""
    errors = body.get("errors") if isinstance(body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return _safe(first.get("code")) if isinstance(first, dict) else None


def _remedy_403(reply: Reply, place: Place | None) -> str:
    if place is None:
        return f"Put a token that may use the API into {BLOCK}, then try again."
    if reply.headers.get("x-github-sso", "").startswith("required"):
        return (
            f"Authorize the token of {BLOCK} for the single sign-on of {place.named.partition('/')[0]} "
            "(GitHub, Settings, Developer settings, the token, Configure SSO), then try again."
        )
    named = reply.headers.get("x-accepted-github-permissions", "")
    asked = f" GitHub asks for {named}." if _PERMISSIONS.fullmatch(named) else ""
    return (
        f"Give the token of {BLOCK} the permission {place.permission} for {place.named} "
        f"(a classic token needs the scope {place.scope}).{asked}"
    )


def _remedy_404(place: Place | None) -> str:
    if place is None:
        return _REMEDY_API
    return (
        f"Compare {place.label} in the catalog with GitHub, and give the token of {BLOCK} access to "
        f"{place.named} with the permission {place.permission} (a classic token needs the scope {place.scope})."
    )


def _is_limited(reply: Reply) -> bool:
    """429, or a 403 that means the same. GitHub's secondary limit may be told by its message alone."""
    if reply.status == 429:
        return True
    said = str(reply.body.get("message", "")).lower()
    return reply.status == 403 and (
        "retry-after" in reply.headers or reply.headers.get("x-ratelimit-remaining") == "0" or "rate limit" in said
    )


def _wait_s(operation: str, reply: Reply) -> float:
    """Retry-After, else until the allowance is renewed by GitHub's own clock, else a minute."""
    wait_s, reset = patience_s(reply.headers), reply.headers.get("x-ratelimit-reset", "")
    if wait_s is not None:
        return wait_s
    is_number = reset.isascii() and reset.isdecimal()
    if reply.headers.get("x-ratelimit-remaining") == "0" and is_number and "date" in reply.headers:
        return max(1.0, clipped_s(float(reset) - server_date(operation, reply).timestamp()))
    return LIMITED_WAIT_S
