"""Whether this token may post there, as far as Slack tells without a post."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.answer import Answer
from blocks.consumers.person.slack import SlackClient
from blocks.errors import (
    CatalogError,
    Missing,
    Refused,
)
from deployments.sandbox.faults import FaultKind
from tests.vendors.silence import assert_silent
from tests.vendors.slack.scene import USER, Scene


def test_the_tokens_workspace_bot_and_scopes_are_read(scene: Scene, client: SlackClient) -> None:
    scene.slack.scopes = {"chat:write", "im:write"}
    identity = client.who_am_i()
    assert (identity.team, identity.user) == ("Sandbox", "rekey")
    assert identity.scopes == frozenset({"chat:write", "im:write"})


def test_scopes_that_slack_does_not_name_are_unknown_and_not_empty(scene: Scene, client: SlackClient) -> None:
    scene.slack.knobs.name_scopes = False
    assert client.who_am_i().scopes is None


def test_a_user_can_be_posted_to_and_nothing_is_posted_to_find_out(scene: Scene, client: SlackClient) -> None:
    before = len(scene.slack.messages)
    assert client.can_post(user=USER) is Answer.YES
    assert len(scene.slack.messages) == before


@pytest.mark.parametrize("scope", ["chat:write", "im:write"])
@pytest.mark.parametrize("named", [True, False])
def test_posting_to_a_user_needs_two_scopes(scene: Scene, client: SlackClient, scope: str, named: bool) -> None:
    scene.slack.scopes.remove(scope)
    scene.slack.knobs.name_scopes = named
    if scope == "chat:write" and not named:
        # Nothing but a post would show it.
        assert client.can_post(user=USER) is Answer.UNKNOWN
        return
    with pytest.raises(Refused, match=f"Add the scope {scope}") as caught:
        client.can_post(user=USER)
    assert caught.value.code == "missing_scope"
    assert_silent(caught.value)


def test_posting_to_an_unknown_user_or_channel_is_missing(client: SlackClient) -> None:
    with pytest.raises(Missing, match="user id"):
        client.can_post(user="U0NOBODY")
    with pytest.raises(Missing, match="fixed D"):
        client.can_post(channel="D0NOWHERE")


def test_a_fixed_channel_is_looked_at(scene: Scene, client: SlackClient, channel: str) -> None:
    assert client.can_post(channel=channel) is Answer.YES
    closed = scene.slack.add_channel("D0CLOSED", "U0GONE", archived=True)
    assert client.can_post(channel=closed) is Answer.NO
    assert client.can_post(channel=scene.slack.add_channel("C0OPEN")) is Answer.YES
    assert client.can_post(channel=scene.slack.add_channel("G0OPEN")) is Answer.YES
    assert client.can_post(channel=scene.slack.add_channel("C0OLD", archived=True)) is Answer.NO
    assert client.can_post(channel=scene.slack.add_channel("C0OTHERS", member=False)) is Answer.NO


@pytest.mark.parametrize("named", [True, False])
def test_a_fixed_channel_that_the_scopes_do_not_show_is_unknown(
    scene: Scene, client: SlackClient, channel: str, named: bool
) -> None:
    scene.slack.scopes.remove("im:read")
    scene.slack.knobs.name_scopes = named
    assert client.can_post(channel=channel) is Answer.UNKNOWN


def test_a_channel_may_be_seen_and_the_right_to_post_still_be_unknown(
    scene: Scene, client: SlackClient, channel: str
) -> None:
    scene.slack.knobs.name_scopes = False
    assert client.can_post(channel=channel) is Answer.UNKNOWN
    closed = scene.slack.add_channel("D0CLOSED", "U0GONE", archived=True)
    assert client.can_post(channel=closed) is Answer.NO


@pytest.mark.parametrize("shown", [{}, {"is_im": False}, {"is_member": None}, {"is_im": "true"}])
def test_a_conversation_without_the_documented_fields_is_unknown(
    scene: Scene, client: SlackClient, channel: str, shown: dict[str, Any]
) -> None:
    body = {"ok": True, "channel": shown}
    scene.fault(FaultKind.ANSWER, status=200, body=body, path=".*info")
    assert client.can_post(channel=channel) is Answer.UNKNOWN


@pytest.mark.parametrize("where", [{}, {"user": USER, "channel": "D0TEST"}])
def test_exactly_one_address_is_asked_about(client: SlackClient, where: dict[str, str]) -> None:
    with pytest.raises(CatalogError, match="either user or channel"):
        client.can_post(**where)


def test_a_token_of_an_app_that_was_replaced_is_refused_and_the_remedy_names_the_block(scene: Scene) -> None:
    old = scene.slack.token
    scene.slack.replace_token()
    with scene.client(old) as client, pytest.raises(Refused, match="Slack block") as caught:
        client.can_post(user=USER)
    assert caught.value.code == "invalid_auth"
    assert caught.value.request_id
    assert_silent(caught.value)
