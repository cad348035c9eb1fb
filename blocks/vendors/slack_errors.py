"""What Slack's error strings mean, and what an operator does about each.

Slack answers almost every failure with HTTP 200 and ``{"ok": false, "error": "..."}``. Facts from the Slack Web API
reference (chat.postMessage, conversations.open, conversations.history), read 2026-11-21.
"""

from __future__ import annotations

import re
from typing import Any

from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, VendorError
from blocks.replies import Failure, Reply, patience_s

VENDOR = "Slack"
BLOCK = "the Slack block (Prefect UI, Blocks)"

_REFUSED = frozenset({
    "not_authed", "invalid_auth", "token_revoked", "token_expired", "account_inactive", "missing_scope",
    "no_permission", "not_allowed_token_type", "access_denied", "ekm_access_denied", "team_access_not_granted",
    "two_factor_setup_required", "enterprise_is_restricted", "org_login_required", "restricted_action",
    "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
})  # fmt: skip
_MISSING = frozenset({"channel_not_found", "user_not_found", "users_not_found", "user_not_visible"})
_LIMITED = frozenset({"ratelimited", "rate_limited"})
# "It's possible some aspect of the operation succeeded before the error was raised": neither yes nor no.
_UNCLEAR = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"})

_SAFE_CODE = re.compile(r"[a-z0-9_]{1,60}")
_SAFE_SCOPES = re.compile(r"[a-z:._]{1,40}(?:, ?[a-z:._]{1,40}){0,9}")
_REMEDY_TOKEN = (
    f"Put the app's current bot token (xoxb-...; api.slack.com/apps, OAuth & Permissions) into {BLOCK}, then try again."
)
_REMEDY_CHANNEL = (
    "Give the person's user id (U...) in the catalog instead of a fixed D... id, which belongs to one installation of "
    "one app; for a C... or G... id invite the app into the channel."
)
_REMEDIES = {
    "channel_not_found": _REMEDY_CHANNEL,
    "not_in_channel": _REMEDY_CHANNEL,
    "is_archived": "Give another channel, or better a user id (U...), in the catalog.",
    "messages_tab_disabled": "Switch the app's Messages Tab on (api.slack.com/apps, App Home), then try again.",
    "user_not_found": "Compare the user id in the catalog with the person's Slack profile (Copy member ID).",
    "users_not_found": "Compare the user id in the catalog with the person's Slack profile (Copy member ID).",
    "user_disabled": "The person's Slack account is closed: give another user id in the catalog.",
    "restricted_action": "A workspace rule forbids the app to post there: ask a workspace admin, or give a user id.",
    "org_login_required": "The workspace is being migrated by Slack: tell the person another way, or wait.",
}


def scope_remedy(scopes: str) -> str:
    """How the app gets a scope. A reinstalled app may have a new token."""
    return (
        f"Add the scope {scopes} to the app (api.slack.com/apps, OAuth & Permissions, Bot Token Scopes), reinstall it, "
        f"and put its bot token into {BLOCK}."
    )


def code_of(failure: Failure) -> str | None:
    """Slack's error string, when it looks like one."""
    code = failure.body.get("error") if isinstance(failure.body, dict) else None
    return code if isinstance(code, str) and _SAFE_CODE.fullmatch(code) else None


def body_of(operation: str, reply: Reply) -> dict[str, Any]:
    """The body of an ``"ok": true``. Raises what the error string means; Unclear when there is none."""
    body = reply.body if isinstance(reply.body, dict) else {}
    if body.get("ok") is True:
        return body
    raise _refusal(operation, reply, body)


def unclear(operation: str, reply: Reply, fault: str) -> Unclear:
    """The error for an answer that says ok and lacks what was asked for."""
    return Unclear(transient=False, fault=fault, **_facts(operation, reply))


def _refusal(operation: str, reply: Reply, body: dict[str, Any]) -> VendorError:
    facts = _facts(operation, reply)
    code = facts["code"]
    if body.get("ok") is not False or code is None:
        return Unclear(transient=False, fault="not an answer of Slack's", **facts)
    if code in _LIMITED:
        return RateLimited(fault="rate limit reached", retry_after_s=patience_s(reply.headers), **facts)
    if code in _UNCLEAR:
        return Unclear(fault="Slack is in trouble", **facts)
    if code in _REFUSED:
        return Refused(fault="not accepted", remedy=_refused_remedy(code, body), **facts)
    if code in _MISSING:
        return Missing(fault="not found, or not visible to the app", remedy=_REMEDIES.get(code), **facts)
    return Rejected(fault="rejected", remedy=_REMEDIES.get(code), **facts)


def _refused_remedy(code: str, body: dict[str, Any]) -> str:
    needed = body.get("needed")
    if code == "missing_scope" and isinstance(needed, str) and _SAFE_SCOPES.fullmatch(needed):
        return scope_remedy(needed)
    return _REMEDIES.get(code, _REMEDY_TOKEN)


def _facts(operation: str, reply: Reply) -> dict[str, Any]:
    request_id = reply.headers.get("x-slack-req-id", "")
    return {
        "vendor": VENDOR,
        "operation": operation,
        "status": reply.status,
        "code": code_of(Failure(reply.status, reply.body)),
        "request_id": request_id if re.fullmatch(r"[A-Za-z0-9-]{1,60}", request_id) else None,
    }
