"""Kinds of blocks and markdown_text, as Slack documents them; slack_sdk's own classes make those that are right."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models.blocks import (
    ContextActionsBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    FileBlock,
    IconButtonElement,
    InputBlock,
    MarkdownBlock,
    PlainTextInputElement,
    RawTextObject,
    TableBlock,
    VideoBlock,
)

from tests.vendors.slack.sandbox.scene import Scene, error_of, text

CELL = {"type": "raw_text", "text": "x"}
VIDEO: dict[str, Any] = {
    "type": "video",
    "title": text(199, "plain_text"),
    "alt_text": "x",
    "thumbnail_url": "https://example.com/x.png",
    "video_url": "https://example.com/x",
}


def markdown(length: int) -> dict[str, str]:
    return {"type": "markdown", "text": "x" * length}


def test_the_sdks_own_blocks_are_taken(scene: Scene, channel: str) -> None:
    vote = FeedbackButtonObject(text="x", value="x")
    blocks = [
        MarkdownBlock(text="# Rotated"),
        TableBlock(rows=[[RawTextObject(text="a"), {"type": "raw_number", "value": 1}]], column_settings=[None]),
        InputBlock(label="Why", element=PlainTextInputElement(action_id="why"), hint="x"),
        VideoBlock(**{name: value for name, value in VIDEO.items() if name != "type"}),
        FileBlock(external_id="x"),
        ContextActionsBlock(
            elements=[
                FeedbackButtonsElement(action_id="vote", positive_button=vote, negative_button=vote),
                IconButtonElement(action_id="away", icon="trash", text="Delete"),
            ]
        ),
    ]
    assert scene.sdk().chat_postMessage(channel=channel, text="x", blocks=blocks)["ok"]
    assert [one["type"] for one in scene.posted(channel)[0]["blocks"]] == [one.type for one in blocks]
    with scene.http() as http:
        assert "<p># Rotated</p>" in http.get("/").text


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ([markdown(0)], "invalid_blocks"),
        ([markdown(12_001)], "invalid_blocks"),
        ([markdown(6000), markdown(6001)], "msg_blocks_too_long"),
        ([{"type": "table"}], "invalid_blocks"),
        ([{"type": "table", "rows": [[{"type": "mrkdwn", "text": "x"}]]}], "invalid_blocks"),
        ([{"type": "table", "rows": [[CELL] * 21]}], "invalid_blocks"),
        ([{"type": "table", "rows": [[CELL]] * 101}], "invalid_blocks"),
        ([{"type": "table", "rows": [[CELL]], "column_settings": [{}] * 21}], "invalid_blocks"),
        ([{"type": "table", "rows": [[CELL]]}] * 2, "invalid_attachments"),
        ([{"type": "input", "label": text(1, "plain_text")}], "invalid_blocks"),
        ([{"type": "input", "label": text(1), "element": {"type": "plain_text_input"}}], "invalid_blocks"),
        ([{"type": "input", "label": text(2001, "plain_text"), "element": {"type": "x"}}], "invalid_blocks"),
        ([{**VIDEO, "title": text(200, "plain_text")}], "invalid_blocks"),
        ([{**VIDEO, "video_url": "http://example.com/x"}], "invalid_blocks"),
        ([{**VIDEO, "alt_text": None}], "invalid_blocks"),
        ([{"type": "file", "external_id": "x", "source": "local"}], "invalid_blocks"),
        ([{"type": "context_actions", "elements": [{"type": "button"}]}], "invalid_blocks"),
        ([{"type": "context_actions", "elements": [{"type": "icon_button"}] * 6}], "invalid_blocks"),
        ([{"type": "divider", "block_id": "x" * 256}], "invalid_blocks"),
    ],
)
def test_a_block_beyond_its_limits_is_rejected(
    scene: Scene, channel: str, blocks: list[dict[str, Any]], code: str
) -> None:
    assert error_of(scene, "chat_postMessage", channel=channel, text="x", blocks=blocks) == code
    assert scene.posted(channel) == []


def test_markdown_text_is_a_text_of_its_own(scene: Scene, channel: str) -> None:
    sdk, most = scene.sdk(), "x" * 12_000
    ts = sdk.chat_postMessage(channel=channel, markdown_text=most)["ts"]
    assert scene.posted(channel)[0]["text"] == most
    assert sdk.chat_update(channel=channel, ts=ts, markdown_text="**changed**")["text"] == "**changed**"
    assert sdk.chat_postMessage(channel=channel, blocks=[markdown(6000), markdown(6000)], text="x")["ok"]
    for beside in ({"text": "x"}, {"blocks": [{"type": "divider"}]}):
        arguments = {"channel": channel, "markdown_text": "x", **beside}
        assert error_of(scene, "chat_postMessage", **arguments) == "markdown_text_conflict"
    assert error_of(scene, "chat_postMessage", channel=channel, markdown_text=most + "x") == "msg_too_long"


@pytest.mark.parametrize("odd", [{"a": 1}, [1], 1, None, ""])
def test_an_odd_thread_breaks_nothing(scene: Scene, channel: str, odd: Any) -> None:
    with scene.http() as http:
        sent = {"channel": channel, "text": "x", "thread_ts": odd, "reply_broadcast": True}
        answer = http.post("/api/chat.postMessage", json=sent).json()
        # What is no ts is refused as such (jenkinsci/slack-plugin 584).
        assert (answer["ok"], answer.get("error")) == ((False, "invalid_thread_ts") if odd else (True, None))
    assert scene.sdk().conversations_history(channel=channel)["ok"]
