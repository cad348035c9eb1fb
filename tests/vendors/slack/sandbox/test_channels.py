"""Channels are made, described, archived and left, and who is no member of a private one does not know of it."""

from __future__ import annotations

import itertools

import pytest

from tests.vendors.slack.sandbox.scene import Scene, error_of
from tests.vendors.slack.scene import USER

_count = itertools.count()


@pytest.fixture
def name() -> str:
    return f"rotations-{next(_count)}"


def test_a_channel_is_made_described_renamed_archived_and_brought_back(scene: Scene, name: str) -> None:
    sdk = scene.sdk()
    made = sdk.conversations_create(name=name)["channel"]
    assert (made["name"], made["is_private"], made["is_member"], made["is_group"]) == (name, False, True, False)
    channel = made["id"]
    assert sdk.conversations_setTopic(channel=channel, topic="keys")["channel"]["topic"]["value"] == "keys"
    assert sdk.conversations_setPurpose(channel=channel, purpose="all of them")["purpose"] == "all of them"
    assert sdk.conversations_rename(channel=channel, name=f"{name}-2")["channel"]["name"] == f"{name}-2"
    assert sdk.chat_postMessage(channel=f"#{name}-2", text="x")["channel"] == channel
    sdk.conversations_archive(channel=channel)
    assert error_of(scene, "chat_postMessage", channel=channel, text="x") == "is_archived"
    assert error_of(scene, "conversations_archive", channel=channel) == "already_archived"
    assert error_of(scene, "conversations_rename", channel=channel, name=name) == "is_archived"
    sdk.conversations_unarchive(channel=channel)
    assert error_of(scene, "conversations_unarchive", channel=channel) == "not_archived"
    assert error_of(scene, "conversations_setTopic", channel=channel, topic="x" * 251) == "too_long"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("---", "invalid_name_punctuation"),
        ("Keys", "invalid_name_specials"),
        ("a b", "invalid_name_specials"),
        ("#keys", "invalid_name_specials"),
    ],
)
def test_a_name_that_cannot_be_is_refused(scene: Scene, name: str, given: str, code: str) -> None:
    assert error_of(scene, "conversations_create", name=given) == code
    scene.sdk().conversations_create(name=name, is_private=True)
    assert error_of(scene, "conversations_create", name=name) == "name_taken"


def test_people_are_invited_and_removed_and_the_last_one_cannot_leave(scene: Scene, name: str) -> None:
    sdk, channel = scene.sdk(), scene.sdk().conversations_create(name=name, is_private=True)["channel"]["id"]
    assert channel.startswith("C")
    assert error_of(scene, "conversations_leave", channel=channel) == "last_member"
    sdk.conversations_invite(channel=channel, users=USER)
    assert USER in sdk.conversations_members(channel=channel)["members"]
    for users, code in ((USER, "already_in_channel"), ("U0NONE", "user_not_found"), ("", "no_user")):
        assert error_of(scene, "conversations_invite", channel=channel, users=users) == code
    me = sdk.auth_test()["user_id"]
    assert error_of(scene, "conversations_invite", channel=channel, users=me) == "cant_invite_self"
    assert error_of(scene, "conversations_kick", channel=channel, user=me) == "cant_kick_self"
    assert sdk.conversations_kick(channel=channel, user=USER)["ok"]
    assert error_of(scene, "conversations_kick", channel=channel, user=USER) == "not_in_channel"
    sdk.conversations_invite(channel=channel, users=USER)
    sdk.conversations_leave(channel=channel)
    assert error_of(scene, "chat_postMessage", channel=channel, text="x") == "channel_not_found"
    private = sdk.conversations_list(types="private_channel", limit=999)["channels"]
    assert channel not in [one["id"] for one in private]


def test_a_public_channel_is_seen_from_outside_and_not_read(scene: Scene, name: str) -> None:
    sdk, channel = scene.sdk(), scene.sdk().conversations_create(name=name)["channel"]["id"]
    sdk.conversations_invite(channel=channel, users=USER)
    sdk.conversations_leave(channel=channel)
    assert sdk.conversations_info(channel=channel)["channel"]["is_member"] is False
    assert error_of(scene, "conversations_history", channel=channel) == "not_in_channel"
    assert error_of(scene, "conversations_archive", channel=channel) == "not_in_channel"
    with scene.http() as http:
        left = {"ok": False, "not_in_channel": True}
        assert http.post("/api/conversations.leave", data={"channel": channel}).json() == left
    mine = sdk.users_conversations(limit=999)["channels"]
    assert channel not in [one["id"] for one in mine]
    assert channel in [one["id"] for one in sdk.conversations_list(limit=999)["channels"]]


def test_a_direct_conversation_is_marked_and_closed_and_no_channel_is(scene: Scene, channel: str, name: str) -> None:
    sdk, public = scene.sdk(), scene.sdk().conversations_create(name=name)["channel"]["id"]
    ts = sdk.chat_postMessage(channel=channel, text="x")["ts"]
    assert sdk.conversations_mark(channel=channel, ts=ts)["ok"]
    assert error_of(scene, "conversations_mark", channel=channel, ts="x") == "invalid_timestamp"
    assert "already_closed" not in sdk.conversations_close(channel=channel)
    assert sdk.conversations_close(channel=channel)["already_closed"] is True
    assert sdk.chat_postMessage(channel=channel, text="x")["ok"]
    assert error_of(scene, "conversations_close", channel=public) == "method_not_supported_for_channel_type"
    assert error_of(scene, "conversations_archive", channel=channel) == "method_not_supported_for_channel_type"


def test_a_message_of_oneself_is_posted(scene: Scene, channel: str) -> None:
    ts = scene.sdk().chat_meMessage(channel=channel, text="waves")["ts"]
    (message,) = scene.sdk().conversations_history(channel=channel)["messages"]
    assert (message["subtype"], message["text"], message["ts"]) == ("me_message", "waves", ts)
    assert error_of(scene, "chat_meMessage", channel=channel, text="") == "no_text"


def test_what_a_bot_may_not_change_is_named(scene: Scene, name: str) -> None:
    scene.sandbox.scopes.discard("channels:manage")
    with scene.http() as http:
        answer = http.post("/api/conversations.create", data={"name": name}).json()
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:manage")
