"""What Slack says of a call that cannot be: which field is missing, and where in its blocks a message is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.vendors.slack.sandbox.scene import Scene, text

_NEITHER = "failed to match all allowed schemas"


def refused(scene: Scene, method: str, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        scene.sdk().api_call(method, json=arguments)
    return dict(caught.value.response.data)


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([{"type": "divider"}] * 51, ["no more than 50 items allowed [json-pointer:/blocks]"]),
        (["x"], ["must provide an object [json-pointer:/blocks/0]"]),
        ([{}], ["missing required field: type [json-pointer:/blocks/0]"]),
        ([{"type": "none"}], ["unsupported type: none [json-pointer:/blocks/0/type]"]),
        ([{"type": "header"}], ["missing required field: text [json-pointer:/blocks/0]"]),
        ([{"type": "header", "text": "x"}], ["must provide an object [json-pointer:/blocks/0/text]"]),
        (
            [{"type": "header", "text": text(151, "plain_text")}],
            ["must be less than 151 characters [json-pointer:/blocks/0/text/text]"],
        ),
        ([{"type": "section"}], ["must define either `fields` or `text` [json-pointer:/blocks/0]"]),
        (
            [{"type": "divider"}, {"type": "section", "text": text(3001)}],
            [
                f"{_NEITHER} [json-pointer:/blocks/1/text]",
                "must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
            ],
        ),
        (
            [{"type": "section", "fields": [text(1), text(0)]}],
            [
                f"{_NEITHER} [json-pointer:/blocks/0/fields/1]",
                "must be more than 0 characters [json-pointer:/blocks/0/fields/1/text]",
            ],
        ),
        ([{"type": "section", "fields": "x"}], ["must provide an array [json-pointer:/blocks/0/fields]"]),
        (
            [{"type": "section", "fields": [text(1)] * 11}],
            ["no more than 10 items allowed [json-pointer:/blocks/0/fields]"],
        ),
        ([{"type": "divider", "block_id": 1}], ["must provide a string [json-pointer:/blocks/0/block_id]"]),
        ([{"type": "context", "elements": []}], [f"{_NEITHER} [json-pointer:/blocks/0]"]),
    ],
)
def test_blocks_that_are_wrong_are_told_where(scene: Scene, channel: str, blocks: list[Any], said: list[str]) -> None:
    answer = refused(scene, "chat.postMessage", channel=channel, text="x", blocks=blocks)
    assert (answer["error"], answer["errors"]) == ("invalid_blocks", said)
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {one}" for one in said]


@pytest.mark.parametrize("blocks", ["text", {"blocks": []}, "[", '{"type": "divider"}'])
def test_blocks_that_are_no_list_are_refused_as_such(scene: Scene, channel: str, blocks: Any) -> None:
    answer = refused(scene, "chat.postMessage", channel=channel, text="x", blocks=blocks)
    assert answer["error"] == "invalid_blocks_format"


def test_blocks_may_be_a_text_in_json_too(scene: Scene, channel: str) -> None:
    sent = {"channel": channel, "text": "x", "blocks": json.dumps([{"type": "divider"}])}
    assert scene.sdk().api_call("chat.postMessage", json=sent)["message"]["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(
    ("method", "given", "missing"),
    [
        ("conversations.history", {}, ["channel"]),
        ("conversations.info", {"channel": ""}, ["channel"]),
        ("conversations.replies", {}, ["channel", "ts"]),
        ("conversations.join", {}, ["channel"]),
    ],
)
def test_a_field_that_is_missing_is_named(scene: Scene, method: str, given: dict[str, str], missing: list[str]) -> None:
    answer = refused(scene, method, **given)
    assert (answer["error"], "errors" in answer) == ("invalid_arguments", False)
    assert answer["response_metadata"]["messages"] == [f"[ERROR] missing required field: {one}" for one in missing]


@pytest.mark.parametrize(("thread", "is_one"), [("0", False), ("x", False), (1.5, True), ("1503435956.000247", True)])
def test_a_thread_is_named_by_a_ts(scene: Scene, channel: str, thread: Any, is_one: bool) -> None:
    """Also by one that nobody has: the message is in no channel then, as Slack does it (python-slack-sdk 840)."""
    sent = {"channel": channel, "text": "x", "thread_ts": thread}
    if is_one:
        assert scene.sdk().api_call("chat.postMessage", json=sent)["ok"]
        assert scene.sdk().conversations_history(channel=channel)["messages"] == []
        return
    answer = refused(scene, "chat.postMessage", **sent)
    assert answer["error"] == "invalid_thread_ts"
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {thread} is not a valid thread_ts"]
