"""What a bot does beside posting: its token ends, messages are for one person, for later, and reacted to."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from deployments.sandbox.server import SandboxServer
from deployments.sandbox.slack.app import SlackSandbox
from tests.vendors.slack.sandbox.scene import Scene, _numbers, error_of
from tests.vendors.slack.scene import USER


@pytest.fixture
def own() -> Iterator[Scene]:
    """A Slack whose token may end."""
    slack = SlackSandbox()
    server = SandboxServer({"slack": slack.app()})
    server.start()
    yield Scene(slack, server)
    server.stop()


def test_a_token_is_revoked_by_itself_and_another_one_comes_by_installing(own: Scene) -> None:
    sdk = own.sdk()
    assert sdk.auth_revoke(test=True)["revoked"] is False
    assert sdk.auth_test()["ok"]
    assert sdk.auth_revoke()["revoked"] is True
    old = own.sandbox.token
    assert error_of(own, "auth_test") == error_of(own, "auth_revoke") == "account_inactive"
    own.sandbox.replace_token()
    assert own.sandbox.token != old
    assert own.sdk().auth_test()["ok"]
    with own.http() as http:
        answer = http.post("/api/auth.test", headers={"Authorization": f"Bearer {old}"})
    assert (answer.json()["error"], "x-oauth-scopes" in answer.headers) == ("account_inactive", False)


def test_a_message_for_one_persons_eyes_is_not_in_the_channel(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    assert "." in sdk.chat_postEphemeral(channel=channel, user=USER, text="x")["message_ts"]
    assert sdk.conversations_history(channel=channel)["messages"] == []
    assert error_of(scene, "chat_postEphemeral", channel=channel, user="U0NONE", text="x") == "user_not_in_channel"
    with scene.http() as http:
        sent = {"channel": channel, "user": USER, "text": ""}
        assert http.post("/api/chat.postEphemeral", json=sent).json()["error"] == "no_text"


def test_a_message_is_posted_when_its_time_has_come(scene: Scene, channel: str) -> None:
    sdk, now = scene.sdk(), int(time.time())
    made = sdk.chat_scheduleMessage(channel=channel, post_at=now + 3600, text="later")
    other = sdk.chat_scheduleMessage(channel=channel, post_at=now + 7200, text="never")
    assert (made["post_at"], made["message"]["type"]) == (now + 3600, "delayed_message")
    listed = sdk.chat_scheduledMessages_list(channel=channel)["scheduled_messages"]
    assert [(one["id"], one["text"]) for one in listed] == [
        (made["scheduled_message_id"], "later"),
        (other["scheduled_message_id"], "never"),
    ]
    assert sdk.chat_deleteScheduledMessage(channel=channel, scheduled_message_id=other["scheduled_message_id"])["ok"]
    assert sdk.conversations_history(channel=channel)["messages"] == []
    soon = sdk.chat_scheduleMessage(channel=channel, post_at=int(time.time()) + 2, text="soon")["post_at"]
    while not (seen := sdk.conversations_history(channel=channel)["messages"]):
        assert time.time() < soon + 10, "what is due is not posted"
    assert ([one["text"] for one in seen], time.time() >= soon) == (["soon"], True)
    left = sdk.chat_scheduledMessages_list(channel=channel)["scheduled_messages"]
    assert [one["text"] for one in left] == ["later"]
    gone = {"channel": channel, "scheduled_message_id": other["scheduled_message_id"]}
    assert error_of(scene, "chat_deleteScheduledMessage", **gone) == "invalid_scheduled_message_id"
    for at, code in ((now - 1, "time_in_past"), (now + 121 * 86_400, "time_too_far"), ("x", "invalid_time")):
        assert error_of(scene, "chat_scheduleMessage", channel=channel, post_at=at, text="x") == code


def test_a_message_is_reacted_to(scene: Scene, channel: str) -> None:
    sdk, me = scene.sdk(), scene.sdk().auth_test()["user_id"]
    ts = sdk.chat_postMessage(channel=channel, text="x")["ts"]
    assert sdk.reactions_add(channel=channel, timestamp=ts, name=":white_check_mark:")["ok"]
    found = sdk.reactions_get(channel=channel, timestamp=ts)
    assert found["message"]["reactions"] == [{"name": "white_check_mark", "users": [me], "count": 1}]
    assert found["message"]["permalink"].endswith(ts.replace(".", ""))
    assert sdk.conversations_history(channel=channel)["messages"][0]["reactions"] == found["message"]["reactions"]
    again = {"channel": channel, "timestamp": ts, "name": "white_check_mark"}
    assert error_of(scene, "reactions_add", **again) == "already_reacted"
    assert sdk.reactions_remove(**again)["ok"]
    assert error_of(scene, "reactions_remove", **again) == "no_reaction"
    assert "reactions" not in sdk.conversations_history(channel=channel)["messages"][0]
    assert error_of(scene, "reactions_add", **{**again, "name": "no name"}) == "invalid_name"
    assert error_of(scene, "reactions_add", **{**again, "timestamp": "1.0"}) == "message_not_found"
    assert error_of(scene, "reactions_add", name="x", channel=channel, timestamp="") == "no_item_specified"


def test_a_public_channel_is_joined(scene: Scene, channel: str) -> None:
    sdk, public = scene.sdk(), scene.sandbox.add_channel(f"C0TEST{next(_numbers):04}", member=False)
    assert error_of(scene, "chat_postMessage", channel=public, text="x") == "not_in_channel"
    joined = sdk.conversations_join(channel=public)
    assert (joined["channel"]["is_member"], "warning" in joined.data) == (True, False)
    assert sdk.chat_postMessage(channel=public, text="x")["ok"]
    assert sdk.conversations_join(channel=public)["response_metadata"]["warnings"] == ["already_in_channel"]
    assert error_of(scene, "conversations_join", channel=channel) == "method_not_supported_for_channel_type"
    with scene.http() as http:
        plain = http.post("/api/conversations.join", json={"channel": public}).json()
    assert plain["warning"] == "already_in_channel,missing_charset"
