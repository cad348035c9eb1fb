"""A message is posted once, and one whose answer was lost is found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.consumers.person.slack import SlackClient
from blocks.errors import (
    Missing,
    Refused,
    Rejected,
    Unclear,
    Unreachable,
    VendorError,
)
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vendors.silence import assert_silent
from tests.vendors.slack.scene import EVENT, USER, Scene, metadata


def test_the_direct_conversation_with_a_user_is_the_same_each_time(client: SlackClient) -> None:
    first = client.direct_channel(USER)
    assert first.startswith("D")
    assert client.direct_channel(USER) == first


def test_an_unknown_user_is_missing_with_what_to_do(client: SlackClient) -> None:
    with pytest.raises(Missing, match="Copy member ID") as caught:
        client.direct_channel("U0NOBODY")
    assert caught.value.code == "user_not_found"
    assert_silent(caught.value)


def test_a_post_arrives_as_it_was_sent_and_its_ts_comes_back(scene: Scene, client: SlackClient, channel: str) -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Action required"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Environment*\npaper"}]},
    ]
    ts = client.post(channel, "Action required: \u20ac", blocks, metadata("r-1"))
    (message,) = scene.posted(channel)
    assert message["ts"] == ts
    assert message["text"] == "Action required: \u20ac"
    assert message["blocks"] == blocks
    assert message["metadata"] == metadata("r-1")


def test_a_post_of_text_alone_has_no_blocks(scene: Scene, client: SlackClient, channel: str) -> None:
    client.post(channel, "hello")
    assert not {"blocks", "metadata"} & set(scene.posted(channel)[0])


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.ANSWER_AFTER])
def test_a_post_whose_answer_was_lost_is_found_again_by_its_metadata(
    scene: Scene, client: SlackClient, channel: str, kind: FaultKind
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    client.post(channel, "another", metadata=metadata("r-1"))
    scene.fault(kind)
    with pytest.raises((Unreachable, Unclear)):
        client.post(channel, "notice", metadata=metadata("r-2"))
    client.post(channel, "without metadata")
    found = client.find_by_metadata(channel, EVENT, "rotation_id", "r-2", since=before)
    assert found == scene.posted(channel)[1]["ts"]


def test_a_post_that_was_not_delivered_is_not_found(scene: Scene, client: SlackClient, channel: str) -> None:
    client.post(channel, "another", metadata=metadata("r-1"))
    scene.fault(FaultKind.DROP_BEFORE)
    with pytest.raises(Unreachable):
        client.post(channel, "notice", metadata=metadata("r-2"))
    assert client.find_by_metadata(channel, EVENT, "rotation_id", "r-2") is None
    assert client.find_by_metadata(channel, "another_event", "rotation_id", "r-1") is None
    assert client.find_by_metadata(channel, EVENT, "step", "r-1") is None


@pytest.mark.parametrize("code", ["fatal_error", "internal_error"])
def test_an_error_after_delivery_is_unclear_and_the_message_is_found(
    scene: Scene, client: SlackClient, channel: str, code: str
) -> None:
    scene.slack.knobs.errors_after["chat.postMessage"] = code
    with pytest.raises(Unclear) as caught:
        client.post(channel, "notice", metadata=metadata("r-1"))
    assert caught.value.transient
    assert client.find_by_metadata(channel, EVENT, "rotation_id", "r-1") == scene.posted(channel)[0]["ts"]


def test_a_message_older_than_the_search_is_not_found(client: SlackClient, channel: str) -> None:
    client.post(channel, "notice", metadata=metadata("r-1"))
    later = datetime.now(UTC) + timedelta(seconds=5)
    assert client.find_by_metadata(channel, EVENT, "rotation_id", "r-1", since=later) is None


def test_a_message_is_found_behind_several_pages(scene: Scene, client: SlackClient, channel: str) -> None:
    ts = client.post(channel, "notice", metadata=metadata("r-1"))
    seconds = int(ts.partition(".")[0])
    noise = [{"type": "message", "channel": channel, "ts": f"{seconds + 60}.{n:06}", "text": "x"} for n in range(450)]
    scene.slack.messages.extend(noise)
    assert client.find_by_metadata(channel, EVENT, "rotation_id", "r-1") == ts


def test_a_search_that_ends_before_the_history_does_is_unclear_and_never_none(
    scene: Scene, client: SlackClient, channel: str
) -> None:
    noise = [{"type": "message", "channel": channel, "ts": f"1900000000.{n:06}", "text": "x"} for n in range(2001)]
    scene.slack.messages.extend(noise)
    with pytest.raises(Unclear, match="there are more") as caught:
        client.find_by_metadata(channel, EVENT, "rotation_id", "r-1")
    assert not caught.value.transient


def test_a_search_without_its_scope_is_refused_with_the_scope(scene: Scene, client: SlackClient, channel: str) -> None:
    scene.slack.scopes.remove("im:history")
    with pytest.raises(Refused, match="Add the scope im:history") as caught:
        client.find_by_metadata(channel, EVENT, "rotation_id", "r-1")
    assert caught.value.code == "missing_scope"
    assert_silent(caught.value)


def test_a_post_is_sent_once_however_its_connection_ends(scene: Scene, channel: str) -> None:
    for kind in (FaultKind.DROP_AFTER, FaultKind.ANSWER_AFTER):
        scene.fault(kind)
        with scene.client() as client, pytest.raises((Unreachable, Unclear)):
            client.post(channel, str(kind))
    assert [message["text"] for message in scene.posted(channel)] == ["drop_after", "answer_after"]


def test_no_error_holds_the_text_of_the_message(scene: Scene, client: SlackClient, channel: str) -> None:
    text = made_up.token("notice ")
    for kind in (FaultKind.DROP_AFTER, FaultKind.ANSWER, FaultKind.HTML):
        scene.fault(kind)
        with pytest.raises(VendorError) as caught:
            client.post(channel, text, metadata=metadata(text))
        assert_silent(caught.value)


def test_half_a_character_is_rejected_without_its_surroundings(client: SlackClient, channel: str) -> None:
    with pytest.raises(Rejected, match="cannot be sent") as caught:
        client.post(channel, made_up.token("notice ") + "\ud800")
    assert_silent(caught.value)
