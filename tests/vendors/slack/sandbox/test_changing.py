"""A bot changes and deletes its own messages, and what stays of one that is changed is what Slack keeps."""

from __future__ import annotations

from typing import Any

from tests.vendors.slack.sandbox.scene import BLOCKS, METADATA, Scene, error_of
from tests.vendors.slack.scene import USER


def test_a_text_alone_takes_the_blocks_away_and_the_rest_stays(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    attached = [{"text": "attached"}]
    sent: dict[str, Any] = {"text": "one", "blocks": BLOCKS, "metadata": METADATA, "attachments": attached}
    ts = sdk.chat_postMessage(channel=channel, **sent)["ts"]
    whole = sdk.chat_update(channel=channel, ts=ts, text="two", blocks=BLOCKS)["message"]
    assert (whole["text"], len(whole["blocks"]), "edited" in whole) == ("two", len(BLOCKS), False)
    plain = sdk.chat_update(channel=channel, ts=ts, text="three")["message"]
    assert ("blocks" in plain, plain["attachments"], plain["metadata"]) == (False, attached, METADATA)
    assert plain["edited"]["user"] == whole["user"]
    bare = sdk.api_call(
        "chat.update", json={"channel": channel, "ts": ts, "text": "4", "attachments": [], "metadata": {}}
    )
    assert bare["message"].keys().isdisjoint({"blocks", "attachments", "metadata"})


def test_a_change_has_limits_of_its_own(scene: Scene) -> None:
    sdk, channel = scene.sdk(), scene.sandbox.add_channel("C0CHANGED")
    ts = sdk.chat_postMessage(channel=channel, text="x" * 4001)["ts"]
    assert error_of(scene, "chat_update", channel=channel, ts=ts, text="x" * 4001) == "msg_too_long"
    assert sdk.chat_update(channel=channel, ts=ts, text="x" * 4000)["ok"]
    sdk.conversations_archive(channel=channel)
    assert error_of(scene, "chat_update", channel=channel, ts=ts, text="x") == "is_inactive"


def test_the_messages_of_others_are_not_the_bots_to_change(scene: Scene, channel: str) -> None:
    ts = scene.sandbox.stamp()
    scene.sandbox.messages.append({"type": "message", "channel": channel, "user": USER, "ts": ts, "text": "mine"})
    assert error_of(scene, "chat_update", channel=channel, ts=ts, text="x") == "cant_update_message"
    assert error_of(scene, "chat_delete", channel=channel, ts=ts) == "cant_delete_message"


def test_a_thread_keeps_a_tombstone_until_its_last_reply_is_gone(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    first = sdk.chat_postMessage(channel=channel, text="one")["ts"]
    reply = sdk.chat_postMessage(channel=channel, text="two", thread_ts=first)["ts"]
    sdk.chat_delete(channel=channel, ts=first)
    (grave,) = sdk.conversations_history(channel=channel)["messages"]
    assert (grave["subtype"], grave["user"], grave["hidden"]) == ("tombstone", "USLACKBOT", True)
    assert (grave["text"], grave["reply_count"]) == ("This message was deleted.", 1)
    assert error_of(scene, "chat_delete", channel=channel, ts=first) == "cant_delete_message"
    assert [one["ts"] for one in sdk.conversations_replies(channel=channel, ts=first)["messages"]] == [first, reply]
    sdk.chat_delete(channel=channel, ts=reply)
    assert sdk.conversations_history(channel=channel)["messages"] == []
