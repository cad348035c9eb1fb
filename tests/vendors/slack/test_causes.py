"""An error names the cause that Slack's error string shows, and what helps against that."""

from __future__ import annotations

import pytest

from blocks.consumers.person import slack_errors
from blocks.consumers.person.slack import SlackClient
from blocks.errors import Missing, Refused, Rejected, VendorError
from deployments.sandbox.faults import FaultKind
from tests.vendors.silence import assert_silent
from tests.vendors.slack.scene import Scene

# Error string, kind; what the first line says, and what the advice.
CAUSES = [
    ("account_inactive", Refused, "the app was uninstalled, or its bot or workspace deleted", "Install the app"),
    ("token_revoked", Refused, "the token was revoked", "Install the app"),
    ("token_expired", Refused, "the token has expired", "without token rotation"),
    ("invalid_auth", Refused, "not valid, or not from this machine's address", "allowed IP addresses"),
    ("not_allowed_token_type", Refused, "a token of another kind", "bot token (xoxb-"),
    ("missing_scope", Refused, "lacks a scope", "OAuth & Permissions"),
    ("org_login_required", Refused, "moving the workspace", "A new token does not help"),
    ("two_factor_setup_required", Refused, "two-factor authentication", "A new token does not help"),
    ("ekm_access_denied", Refused, "have suspended posting", "Ask a workspace admin"),
    ("team_access_not_granted", Refused, "may not act in this workspace", "add the workspace to the app"),
    ("enterprise_is_restricted", Refused, "from outside of a workspace", "into one workspace"),
    ("restricted_action", Refused, "a workspace rule forbids", "Ask a workspace admin"),
    ("restricted_action_read_only_channel", Refused, "read-only", "Give another channel"),
    ("restricted_action_thread_only_channel", Refused, "replies in threads only", "Give another channel"),
    ("channel_not_found", Missing, "no such channel", "user id (U...)"),
    ("user_not_found", Missing, "no such user", "Copy member ID"),
    ("not_in_channel", Rejected, "not in the channel", "invite the app"),
    ("is_archived", Rejected, "archived", "Give another channel"),
    ("messages_tab_disabled", Rejected, "no direct messages", "Messages Tab"),
]


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize(("code", "kind", "fault", "advice"), CAUSES)
def test_the_error_string_decides_what_is_said(
    scene: Scene,
    client: SlackClient,
    channel: str,
    status: int,
    code: str,
    kind: type[VendorError],
    fault: str,
    advice: str,
) -> None:
    """Slack says almost everything with 200; where it uses a status, the string says more."""
    scene.fault(FaultKind.ANSWER, status=status, body={"ok": False, "error": code})
    with pytest.raises(VendorError) as caught:
        client.post(channel, "notice")
    assert status != 200 or type(caught.value) is kind
    assert fault in caught.value.problem
    assert advice in caught.value.remedy
    assert_silent(caught.value)


def test_every_refusal_that_is_known_has_a_cause_of_its_own() -> None:
    assert slack_errors.CAUSES.keys() >= slack_errors._REFUSED | slack_errors._MISSING
    said = [slack_errors.CAUSES[code].fault for code in slack_errors._REFUSED]
    assert len(set(said)) == len(said)


def test_a_string_that_is_not_known_keeps_the_general_advice(scene: Scene, client: SlackClient, channel: str) -> None:
    scene.fault(FaultKind.ANSWER, status=200, body={"ok": False, "error": "an_error_of_tomorrow"})
    with pytest.raises(Rejected) as caught:
        client.post(channel, "notice")
    assert (caught.value.fault, caught.value.remedy) == ("rejected", Rejected.advice)
