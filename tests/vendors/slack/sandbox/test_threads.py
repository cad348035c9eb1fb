"""Threads and conversations with people, as slack_sdk sees them."""

from __future__ import annotations

import pytest

from tests.vendors.slack.sandbox.scene import METADATA, Scene, error_of
from tests.vendors.slack.scene import USER


def test_a_history_has_no_replies_but_those_that_were_sent_to_the_channel_too(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    first = sdk.chat_postMessage(channel=channel, text="one", metadata=METADATA)["ts"]
    alone = sdk.chat_postMessage(channel=channel, text="alone")["ts"]
    hidden = sdk.chat_postMessage(channel=channel, text="two", thread_ts=first)["ts"]
    sent_on = sdk.chat_postMessage(channel=channel, text="three", thread_ts=first, reply_broadcast=True)["ts"]

    seen = {one["ts"]: one for one in sdk.conversations_history(channel=channel)["messages"]}

    assert list(seen) == [sent_on, alone, first], "newest first"
    about = {"thread_ts": first, "reply_count": 2, "reply_users_count": 1, "latest_reply": sent_on}
    assert seen[first].items() >= about.items()
    assert seen[first]["reply_users"] == [sdk.auth_test()["user_id"]]
    assert not {"thread_ts", "reply_count", "subtype"} & set(seen[alone])
    assert (seen[sent_on]["subtype"], seen[sent_on]["thread_ts"]) == ("thread_broadcast", first)
    assert (seen[sent_on]["root"]["ts"], "metadata" in seen[sent_on]["root"]) == (first, False)
    assert [one["ts"] for one in sdk.conversations_history(channel=channel, limit=2)["messages"]] == [sent_on, alone]
    thread = sdk.conversations_replies(channel=channel, ts=first, include_all_metadata=True)["messages"]
    assert [one["ts"] for one in thread] == [first, hidden, sent_on]
    assert (thread[0]["reply_count"], thread[0]["metadata"]) == (2, METADATA)
    assert [one.get("parent_user_id") for one in thread] == [None, *[sdk.auth_test()["user_id"]] * 2]
    assert [one["ts"] for one in sdk.conversations_replies(channel=channel, ts=alone)["messages"]] == [alone]


def test_several_people_share_one_conversation(scene: Scene) -> None:
    sdk, people = scene.sdk(), [scene.sandbox.add_user(f"U0SEVERAL{number}") for number in range(8)]

    made = sdk.conversations_open(users=people, return_im=True)
    channel = made["channel"]["id"]

    assert (made["channel"], "already_open" in made.data) == ({"id": channel}, False)
    again = sdk.conversations_open(users=",".join(reversed(people)))
    assert (again["already_open"], again["channel"]["id"]) == (True, channel)
    assert sdk.conversations_open(channel=channel)["channel"]["id"] == channel
    assert sdk.conversations_open(users=people[:2])["channel"]["id"] != channel
    seen = sdk.conversations_info(channel=channel)["channel"]
    assert (seen["is_mpim"], seen["is_im"], seen["name"][:5]) == (True, False, "mpdm-")
    assert channel in {one["id"] for one in sdk.conversations_list(types="mpim")["channels"]}
    assert channel not in {one["id"] for one in sdk.conversations_list(types="private_channel")["channels"]}
    assert set(sdk.conversations_members(channel=channel)["members"]) == {*people, sdk.auth_test()["user_id"]}
    ts = sdk.chat_postMessage(channel=channel, text="hello")["ts"]
    scene.sandbox.scopes -= {"im:write", "im:history", "groups:history"}
    assert sdk.conversations_history(channel=channel)["messages"][0]["ts"] == ts
    assert sdk.conversations_open(users=people)["channel"]["id"] == channel
    scene.sandbox.scopes -= {"mpim:write", "mpim:history"}
    for method, arguments in (("open", {"users": people}), ("open", {"channel": channel}), ("history", {})):
        wanted = arguments or {"channel": channel}
        assert error_of(scene, f"conversations_{method}", **wanted) == "missing_scope"


@pytest.mark.parametrize("asked", [True, False])
def test_the_whole_conversation_is_shown_to_who_asks_for_it(scene: Scene, asked: bool) -> None:
    sdk = scene.sdk()
    ts = sdk.chat_postMessage(channel=USER, text="hello")["ts"]

    opened = sdk.conversations_open(users=USER, return_im=asked)["channel"]

    assert opened["id"].startswith("D")
    if not asked:
        assert set(opened) == {"id"}
        return
    assert (opened["user"], opened["is_im"], opened["is_open"], opened["latest"]["ts"]) == (USER, True, True, ts)
    assert {"created", "last_read", "unread_count", "unread_count_display", "priority", "is_org_shared"} <= set(opened)
