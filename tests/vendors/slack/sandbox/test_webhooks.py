"""Incoming webhooks of the twin, as slack_sdk, curl and a person use them."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from slack_sdk.webhook import WebhookClient

from tests.vendors.slack.sandbox.scene import BLOCKS, Scene, _numbers


@pytest.fixture
def url(scene: Scene, channel: str) -> str:
    return scene.server.url("slack") + scene.sandbox.add_webhook(channel)


def test_the_sdk_posts_to_an_address(scene: Scene, channel: str, url: str) -> None:
    answer = WebhookClient(url).send(text="Rotated", blocks=BLOCKS)
    assert (answer.status_code, answer.body) == (200, "ok")
    (seen,) = scene.sdk().conversations_history(channel=channel)["messages"]
    assert (seen["text"], seen["subtype"], "user" in seen) == ("Rotated", "bot_message", False)
    assert [one["type"] for one in seen["blocks"]] == [one["type"] for one in BLOCKS]


@pytest.mark.parametrize("form", [False, True])
def test_curl_sends_json_under_any_name_or_in_a_form(scene: Scene, channel: str, url: str, form: bool) -> None:
    body = json.dumps({"text": "hello"})
    sent: dict[str, Any] = {"data": {"payload": body}} if form else {"content": body}
    answer = httpx.post(url, trust_env=False, **sent)
    assert (answer.text, [one["text"] for one in scene.posted(channel)]) == ("ok", ["hello"])


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "invalid_payload"),
        (b"[]", 400, "invalid_payload"),
        (b"\xff", 400, "invalid_payload"),
        (b"", 400, "invalid_payload"),
        (b"{}", 400, "no_text"),
        (b'{"text": "x", "blocks": [{"type": "none"}]}', 400, "invalid_blocks"),
    ],
)
def test_what_cannot_be_posted_is_refused_in_a_word(
    scene: Scene, channel: str, url: str, body: bytes, status: int, said: str
) -> None:
    answer = httpx.post(url, content=body, trust_env=False)
    assert (answer.status_code, answer.text, scene.posted(channel)) == (status, said, [])


def test_an_address_that_is_none_posts_nothing(scene: Scene, url: str) -> None:
    old = scene.sandbox.add_channel(f"C0TEST{next(_numbers):04}", archived=True)
    gone = scene.server.url("slack") + scene.sandbox.add_webhook(old)
    ours, sent = scene.server.url("slack"), {"text": "x"}
    for address, status, said in (
        (f"{url}x", 404, "no_service"),
        (f"{ours}/services/T0OTHER/B0/x", 404, "no_team"),
        (gone, 410, "channel_is_archived"),
    ):
        answer = httpx.post(address, json=sent, trust_env=False)
        assert (answer.status_code, answer.text) == (status, said)
    assert httpx.get(url, trust_env=False).status_code == 400
    scene.sandbox.knobs.per_second = 0
    limited = httpx.post(url, json=sent, trust_env=False)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")


def test_a_person_makes_one_on_the_page(scene: Scene, channel: str) -> None:
    with scene.http() as http:
        assert http.post("/webhooks", data={"channel": channel}).headers["location"] == "/"
        assert http.post("/webhooks", data={"channel": "none"}).status_code == 404
        found = re.findall(rf"{channel}: <code>([^<]+)</code>", http.get("/").text)
    assert httpx.post(found[0], json={"text": "x"}, trust_env=False).text == "ok"
