"""What Slack's error strings mean, and what an operator does about each.

Slack answers almost every failure with HTTP 200 and ``{"ok": false, "error": "..."}``. Facts from the Slack Web API
reference (chat.postMessage, conversations.open, conversations.history), read 2026-11-21.
"""

from __future__ import annotations

import re
from typing import Any

from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, VendorError
from blocks.wire.replies import Cause, Failure, Reply, patience_s

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
_ADMIN = "Ask a workspace admin"
_PUT_TOKEN = f"put the app's current bot token (xoxb-...; api.slack.com/apps, OAuth & Permissions) into {BLOCK}"
_CHANNEL = (
    "Give the person's user id (U...) in the catalog instead of a fixed D... id, which belongs to one installation of "
    "one app; for a C... or G... id invite the app into the channel."
)
_MEMBER_ID = "Compare the user id in the catalog with the person's Slack profile (Copy member ID)."
_OTHER_PLACE = "Give another channel, or better a user id (U...), in the catalog."
# By error string: what it says is wrong, and what to do about that.
CAUSES = {
    "not_authed": Cause(
        "no token arrived", f"Look whether something between rekey and Slack drops it, or {_PUT_TOKEN}."
    ),
    "invalid_auth": Cause(
        "the token is not valid, or not from this machine's address",
        f"First {_PUT_TOKEN}. If it is there already, compare the app's allowed IP addresses (same page) with rekey's.",
    ),
    "token_revoked": Cause(
        "the token was revoked, or its app removed", f"Install the app into the workspace again and {_PUT_TOKEN}."
    ),
    "token_expired": Cause(
        "the token has expired: its app rotates tokens, and rekey does not renew them",
        f"Make an app without token rotation and {_PUT_TOKEN}.",
    ),
    "account_inactive": Cause(
        "the app was uninstalled, or its bot or workspace deleted",
        f"Install the app into the workspace again and {_PUT_TOKEN}.",
    ),
    "missing_scope": Cause(
        "the token lacks a scope",
        f"Compare the app's scopes (api.slack.com/apps, OAuth & Permissions) with those that {BLOCK} asks for, "
        "reinstall the app, and put its bot token there.",
    ),
    "not_allowed_token_type": Cause(
        "it is a token of another kind", f"No user's and no app-level token: {_PUT_TOKEN}."
    ),
    "no_permission": Cause("the app is not allowed to do this there", _CHANNEL),
    "access_denied": Cause("the app has no access to this", _CHANNEL),
    "ekm_access_denied": Cause(
        "administrators of the workspace have suspended posting",
        f"{_ADMIN} to allow it again (Enterprise Key Management), and tell the person another way meanwhile.",
    ),
    "team_access_not_granted": Cause(
        "the app may not act in this workspace",
        "Let an admin of the organisation add the workspace to the app (Manage apps), then try again.",
    ),
    "two_factor_setup_required": Cause(
        "the workspace demands that two-factor authentication is set up first",
        "Let the person who installed the app set it up in Slack, then try again. A new token does not help.",
    ),
    "enterprise_is_restricted": Cause(
        "the organisation does not let this be asked from outside of a workspace",
        f"Install the app into one workspace instead of the organisation and {_PUT_TOKEN}.",
    ),
    "org_login_required": Cause(
        "Slack is moving the workspace into an organisation",
        "Tell the person another way, or wait until Slack has ended it. A new token does not help.",
    ),
    "restricted_action": Cause(
        "a workspace rule forbids the app to post there", f"{_ADMIN}, or give a user id (U...) in the catalog."
    ),
    "restricted_action_read_only_channel": Cause("the channel is read-only for the app", _OTHER_PLACE),
    "restricted_action_thread_only_channel": Cause("the channel takes replies in threads only", _OTHER_PLACE),
    "channel_not_found": Cause("there is no such channel, or the app cannot see it", _CHANNEL),
    "user_not_found": Cause("there is no such user", _MEMBER_ID),
    "users_not_found": Cause("there is no such user", _MEMBER_ID),
    "user_not_visible": Cause("the app cannot see the user", _MEMBER_ID),
    "not_in_channel": Cause("the app is not in the channel", _CHANNEL),
    "is_archived": Cause("the channel is archived", _OTHER_PLACE),
    "messages_tab_disabled": Cause(
        "the app takes no direct messages",
        "Switch the app's Messages Tab on (api.slack.com/apps, App Home), then try again.",
    ),
    "user_disabled": Cause(
        "the person's Slack account is closed", "Give another person's user id (U...) in the catalog."
    ),
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
    kind: type[VendorError] = Refused if code in _REFUSED else Missing if code in _MISSING else Rejected
    cause = _cause_of(code, body)
    if cause is None:
        return kind(fault="rejected", **facts)
    return kind(fault=cause.fault, remedy=cause.remedy, **facts)


def _cause_of(code: str, body: dict[str, Any]) -> Cause | None:
    needed = body.get("needed")
    if code == "missing_scope" and isinstance(needed, str) and _SAFE_SCOPES.fullmatch(needed):
        return Cause("the token lacks a scope", scope_remedy(needed))
    return CAUSES.get(code)


def _facts(operation: str, reply: Reply) -> dict[str, Any]:
    request_id = reply.headers.get("x-slack-req-id", "")
    return {
        "vendor": VENDOR,
        "operation": operation,
        "status": reply.status,
        "code": code_of(Failure(reply.status, reply.body)),
        "request_id": request_id if re.fullmatch(r"[A-Za-z0-9-]{1,60}", request_id) else None,
    }
