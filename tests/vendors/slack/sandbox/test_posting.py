"""Messages as the twin takes and refuses them: limits, rates, forms and JSON."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.slack.sandbox.scene import BLOCKS, METADATA, Scene, _numbers, error_of, text
from tests.vendors.slack.scene import USER


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"blocks": [{"type": "section", "text": text(3001)}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [text(1)] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [text(2001)]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": text(151, "plain_text")}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": text(1)}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "no_such_block"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": ["text"]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": text(2900)}] * 5}, "msg_blocks_too_long"),
        ({"attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"metadata": {"event_payload": {}}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "x", "event_payload": {"a": "x" * 8000}}}, "metadata_too_large"),
    ],
)
def test_a_message_beyond_the_limits_is_rejected(
    scene: Scene, channel: str, message: dict[str, Any], code: str
) -> None:
    assert error_of(scene, "chat_postMessage", **{"channel": channel, "text": "x", **message}) == code
    assert scene.posted(channel) == []


def test_a_message_at_the_limits_is_taken(scene: Scene, channel: str) -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": text(150, "plain_text")},
        {"type": "section", "text": text(3000)},
        {"type": "section", "fields": [text(100)] * 10},
        *[{"type": "divider"}] * 47,
    ]
    assert scene.sdk().chat_postMessage(channel=channel, text="x", blocks=blocks)["ok"]


def test_a_longer_text_is_cut_off_and_that_is_told(scene: Scene, channel: str) -> None:
    answer = scene.sdk().chat_postMessage(channel=channel, text="x" * 40_001)
    assert (len(answer["message"]["text"]), answer["warning"]) == (40_000, "message_truncated")
    assert answer["response_metadata"]["warnings"] == ["message_truncated"]
    assert len(scene.posted(channel)[0]["text"]) == 40_000
    for_one = {"channel": channel, "user": USER, "text": "x" * 40_001}
    assert error_of(scene, "chat_postEphemeral", **for_one) == "msg_too_long"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a & b < c > d &amp; e", "a &amp; b &lt; c &gt; d &amp; e"),
        ("see https://example.com/a?b=1&c=2.", "see <https://example.com/a?b=1&amp;c=2>."),
        (
            "<https://example.com|here> <@U0A> <!here> <#C0A> <b>",
            "<https://example.com|here> <@U0A> <!here> <#C0A> &lt;b&gt;",
        ),
    ],
)
def test_a_text_is_given_back_as_it_was_parsed(scene: Scene, channel: str, sent: str, shown: str) -> None:
    """What was received is kept as it came."""
    sdk = scene.sdk()
    assert sdk.chat_postMessage(channel=channel, text=sent)["message"]["text"] == shown
    assert sdk.conversations_history(channel=channel)["messages"][0]["text"] == shown
    assert scene.posted(channel)[0]["text"] == sent


def test_too_many_messages_a_second_are_answered_with_429_and_how_long_to_wait(scene: Scene, channel: str) -> None:
    scene.sandbox.knobs.per_second, scene.sandbox.knobs.retry_after_s = 1, 12
    client = scene.sdk()
    client.chat_postMessage(channel=channel, text="one")
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=channel, text="two")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    headers = {name.lower(): value for name, value in caught.value.response.headers.items()}
    assert headers["retry-after"] == "12"
    other = scene.sandbox.add_channel("D0QUIET", "U0QUIET")
    assert client.chat_postMessage(channel=other, text="elsewhere")["ok"]


def test_the_sdks_retry_handler_honours_a_rate_limit(scene: Scene, channel: str) -> None:
    scene.server.plan.add(Fault("slack", FaultKind.RATE_LIMIT, retry_after_s=0))
    client = scene.sdk(retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)])
    assert client.chat_postMessage(channel=channel, text="x")["ok"]


def test_the_sdk_itself_posts_twice_when_the_answer_is_lost(scene: Scene, channel: str) -> None:
    scene.server.plan.add(Fault("slack", FaultKind.DROP_AFTER))
    scene.sdk().chat_postMessage(channel=channel, text="x")
    assert len(scene.posted(channel)) == 2


@pytest.mark.parametrize("delivered", [False, True])
def test_errors_can_be_set_for_a_method_before_and_after_it_is_done(
    scene: Scene, channel: str, delivered: bool
) -> None:
    knobs = scene.sandbox.knobs
    (knobs.errors_after if delivered else knobs.errors)["chat.postMessage"] = "fatal_error"
    assert error_of(scene, "chat_postMessage", channel=channel, text="x") == "fatal_error"
    assert len(scene.posted(channel)) == int(delivered)
    assert scene.sdk().auth_test()["ok"]


def test_forms_and_json_are_taken_alike(scene: Scene, channel: str) -> None:
    fields = {"channel": channel, "text": "x", "blocks": json.dumps(BLOCKS), "metadata": json.dumps(METADATA)}
    with scene.http() as http:
        assert http.post("/api/chat.postMessage", data=fields).json()["ok"]
        assert http.post(
            "/api/chat.postMessage", json={"channel": channel, "text": "x", "blocks": BLOCKS, "metadata": METADATA}
        ).json()["ok"]
    first, second = scene.posted(channel)
    ignored = {"ts"}
    assert {name: first[name] for name in first.keys() - ignored} == {
        name: second[name] for name in second.keys() - ignored
    }


def test_a_token_may_be_a_form_field_but_not_a_json_field(scene: Scene) -> None:
    url = f"{scene.server.url('slack')}/api/auth.test"
    token = {"token": scene.sandbox.token}
    with httpx.Client(trust_env=False) as http:
        assert http.post(url, data=token).json()["ok"]
        assert http.post(url, json=token).json()["error"] == "not_authed"
        assert http.post(url).json()["error"] == "not_authed"


def test_a_body_that_cannot_be_read_is_named(scene: Scene) -> None:
    with scene.http() as http:

        def error(content: bytes, kind: str) -> str:
            answer = http.post("/api/chat.postMessage", content=content, headers={"Content-Type": kind})
            return str(answer.json()["error"])

        assert error(b"{", "application/json; charset=utf-8") == "invalid_json"
        assert error(b"[]", "application/json") == "json_not_object"
        assert error(b"x", "text/html") == "invalid_post_type"
        assert error(b"blocks={", "application/x-www-form-urlencoded") == "invalid_blocks_format"


def test_a_charset_is_missed_with_json_and_too_much_with_a_form(scene: Scene, channel: str) -> None:
    with scene.http() as http:

        def sent(kind: str, content: bytes) -> Any:
            return http.post("/api/chat.postMessage", content=content, headers={"Content-Type": kind}).json()

        form, body = f"channel={channel}&text=x".encode(), json.dumps({"channel": channel, "text": "x"}).encode()
        assert "warning" not in sent("application/x-www-form-urlencoded", form)
        much = sent("application/x-www-form-urlencoded; charset=utf-8", form)
        assert (much["ok"], much["warning"]) == (True, "superfluous_charset")
        assert "warning" not in sent("application/json;charset=utf-8", body)
        assert sent("application/json; charset=latin2", body)["error"] == "invalid_charset"
        assert sent("text/plain", body)["error"] == "channel_not_found"


def test_a_message_goes_to_a_person_and_to_a_channels_name(scene: Scene) -> None:
    sdk, name = scene.sdk(), f"C0TEST{next(_numbers):04}"
    scene.sandbox.add_channel(name)
    direct = sdk.chat_postMessage(channel=USER, text="hello")["channel"]
    assert direct.startswith("D")
    assert sdk.conversations_open(users=USER)["channel"]["id"] == direct
    assert sdk.chat_postMessage(channel=f"#{name.lower()}", text="hello")["channel"] == name


def test_curl_sends_a_form_of_parts_or_json_without_its_charset(scene: Scene, channel: str) -> None:
    with scene.http() as http:
        parts = http.post("/api/chat.postMessage", files={"channel": (None, channel), "text": (None, "Grüße")})
        assert parts.json()["message"]["text"] == "Grüße"
        assert "warning" not in parts.json()
        plain = http.post("/api/chat.postMessage", json={"channel": channel, "text": "x"}).json()
        assert (plain["ok"], plain["warning"]) == (True, "missing_charset")
        assert plain["response_metadata"]["warnings"] == ["missing_charset"]
        broken = http.post(
            "/api/chat.postMessage", content=b"text=\xff", headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert broken.json()["error"] == "channel_not_found"
