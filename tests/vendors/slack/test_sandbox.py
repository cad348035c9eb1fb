from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer
from deployments.sandbox.slack.app import ALL_SCOPES, SlackKnobs, SlackSandbox

USER = "U0OPERATOR"
METADATA = {"event_type": "alpaca_rotation_notice", "event_payload": {"rotation_id": "r-1", "step": "local-dev"}}
BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Action required: Alpaca paper keys rotated"}},
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Environment*\npaper"}]},
    {"type": "section", "text": {"type": "mrkdwn", "text": "Fetch it with `infisical export --env=dev`."}},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "Sent by the rotation tool."}]},
]
_numbers = itertools.count(1)

# No connection is left to the garbage collector.
NONE_KEPT = httpx.Limits(max_keepalive_connections=0)


@dataclass(frozen=True)
class Scene:
    """The simulated Slack and how to reach it."""

    sandbox: SlackSandbox
    server: SandboxServer

    def sdk(self, token: str | None = None, **fields: Any) -> WebClient:
        """slack_sdk's client."""
        return WebClient(token or self.sandbox.token, base_url=f"{self.server.url('slack')}/api/", **fields)

    def http(self) -> httpx.Client:
        """Plain requests with the token."""
        authorization = {"Authorization": f"Bearer {self.sandbox.token}"}
        return httpx.Client(base_url=self.server.url("slack"), headers=authorization, trust_env=False, limits=NONE_KEPT)

    def posted(self, channel: str) -> list[dict[str, Any]]:
        """The messages of one conversation."""
        return [message for message in self.sandbox.messages if message["channel"] == channel]


@pytest.fixture(scope="module")
def running_scene() -> Iterator[Scene]:
    sandbox = SlackSandbox()
    sandbox.add_user(USER)
    server = SandboxServer({"slack": sandbox.app()})
    server.start()
    yield Scene(sandbox, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    running_scene.sandbox.scopes = set(ALL_SCOPES)
    for name in SlackKnobs.__dataclass_fields__:
        setattr(running_scene.sandbox.knobs, name, getattr(SlackKnobs(), name))


@pytest.fixture
def channel(scene: Scene) -> str:
    return scene.sandbox.add_channel(f"D0TEST{next(_numbers):04}", f"U0TEST{next(_numbers):04}")


def error_of(scene: Scene, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        getattr(scene.sdk(), method)(**arguments)
    assert caught.value.response.status_code == 200
    return str(caught.value.response["error"])


def test_the_sdk_asks_who_it_is(scene: Scene) -> None:
    answer = scene.sdk().auth_test()
    assert (answer["ok"], answer["team"], answer["user"]) == (True, "Sandbox", "rekey")
    # slack_sdk gives header names as they were sent.
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert set(headers["x-oauth-scopes"].split(",")) == ALL_SCOPES


def test_the_sdk_opens_a_conversation_posts_and_reads_it_back(scene: Scene) -> None:
    client = scene.sdk()
    channel = client.conversations_open(users=USER)["channel"]["id"]
    resumed = client.conversations_open(users=USER)
    assert (resumed["already_open"], resumed["channel"]["id"]) == (True, channel)
    assert client.conversations_open(channel=channel)["channel"]["id"] == channel
    posted = client.chat_postMessage(
        channel=channel, text="Action required", blocks=BLOCKS, metadata=METADATA, unfurl_links=False
    )
    assert posted["channel"] == channel
    assert posted["message"]["text"] == "Action required"
    assert client.conversations_info(channel=channel)["channel"]["user"] == USER
    (seen,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert (seen["ts"], seen["metadata"], seen["blocks"]) == (posted["ts"], METADATA, BLOCKS)
    (without,) = client.conversations_history(channel=channel)["messages"]
    assert "metadata" not in without


def test_the_sdk_reads_a_history_in_pages_newest_first(scene: Scene, channel: str) -> None:
    client = scene.sdk()
    sent = [client.chat_postMessage(channel=channel, text=str(number))["ts"] for number in range(5)]
    # slack_sdk hands out one object for all pages.
    pages = [
        ([one["ts"] for one in page["messages"]], page["has_more"])
        for page in client.conversations_history(channel=channel, limit=2)
    ]
    assert pages == [(sent[:2:-1], True), (sent[2:0:-1], True), (sent[:1], False)]


def test_a_history_has_bounds_that_are_left_out_unless_inclusive(scene: Scene, channel: str) -> None:
    client = scene.sdk()
    first, middle, last = [client.chat_postMessage(channel=channel, text=str(number))["ts"] for number in range(3)]

    def seen(**bounds: Any) -> list[str]:
        return [one["ts"] for one in client.conversations_history(channel=channel, **bounds)["messages"]]

    assert seen(oldest=first) == [last, middle]
    assert seen(oldest=first, latest=last) == [middle]
    assert seen(oldest=middle, inclusive=True) == [last, middle]
    assert error_of(scene, "conversations_history", channel=channel, oldest="x") == "invalid_ts_oldest"
    assert error_of(scene, "conversations_history", channel=channel, cursor="%") == "invalid_cursor"
    assert error_of(scene, "conversations_history", channel=channel, limit="x") == "invalid_limit"


def test_the_sdk_raises_for_a_token_that_is_wrong(scene: Scene) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        scene.sdk(made_up.token("xoxb-", 48)).auth_test()


@pytest.mark.parametrize(
    ("method", "arguments", "scope"),
    [
        ("chat_postMessage", {"channel": "D", "text": "x"}, "chat:write"),
        ("conversations_open", {"users": USER}, "im:write"),
        ("conversations_info", {"channel": "D"}, "im:read"),
        ("conversations_history", {"channel": "D"}, "im:history"),
        ("conversations_history", {"channel": "C"}, "channels:history"),
        ("conversations_info", {"channel": "G"}, "groups:read"),
    ],
)
def test_a_missing_scope_is_named(scene: Scene, method: str, arguments: dict[str, str], scope: str) -> None:
    scene.sandbox.scopes.remove(scope)
    with pytest.raises(SlackApiError) as caught:
        getattr(scene.sdk(), method)(**arguments)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == scope
    assert scope not in caught.value.response["provided"].split(",")


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
def test_the_errors_of_each_method(scene: Scene, channel: str) -> None:
    old = scene.sandbox.add_channel("C0OLD", archived=True)
    others = scene.sandbox.add_channel("C0OTHERS", member=False)
    foreign = scene.sandbox.add_channel("D0FOREIGN", "U0OTHER", member=False)
    for target, code in ((old, "is_archived"), (others, "not_in_channel"), (foreign, "channel_not_found")):
        assert error_of(scene, "chat_postMessage", channel=target, text="x") == code
    assert error_of(scene, "conversations_open", users="U0NOBODY") == "user_not_found"
    assert error_of(scene, "conversations_open", users=f"{USER},U0OTHER") == "too_many_users"
    assert error_of(scene, "conversations_open", users="") == "users_list_not_supplied"
    assert error_of(scene, "conversations_info", channel="X") == "channel_not_found"
    assert error_of(scene, "chat_postMessage", channel=channel, text="") == "no_text"
    assert error_of(scene, "chat_meMessage", channel=channel, text="x") == "unknown_method"


def text(length: int, kind: str = "mrkdwn") -> dict[str, str]:
    return {"type": kind, "text": "x" * length}


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
        ({"text": "x" * 40_001}, "msg_too_long"),
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
        assert error(b"blocks={", "application/x-www-form-urlencoded") == "invalid_arguments"


def test_a_person_can_read_what_was_posted(scene: Scene, channel: str) -> None:
    scene.sdk().chat_postMessage(channel=channel, text="Notify <script>", blocks=BLOCKS)
    scene.sdk().chat_postMessage(channel=channel, text="*second* & `code`")
    with scene.http() as http:
        page = http.get("/").text
    assert "sandbox" in page
    assert "Action required: Alpaca paper keys rotated" in page
    assert "<b>Environment</b><br>paper" in page
    assert "<code>infisical export --env=dev</code>" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert page.index("<b>second</b> &amp; <code>code</code>") < page.index("Action required")


def test_a_page_without_messages_says_so() -> None:
    server = SandboxServer({"slack": SlackSandbox().app()})
    server.start()
    try:
        assert "No message yet" in httpx.get(server.url("slack"), trust_env=False).text
    finally:
        server.stop()


def test_the_sdk_finds_people_and_conversations(scene: Scene, channel: str) -> None:
    sdk, public = scene.sdk(), scene.sandbox.add_channel(f"C0TEST{next(_numbers):04}")
    assert scene.sdk(token="").api_test(foo="bar")["args"] == {"foo": "bar"}
    assert sdk.users_info(user=USER)["user"]["profile"]["email"] == "u0operator@example.com"
    assert sdk.users_lookupByEmail(email="U0operator@example.com")["user"]["id"] == USER
    assert error_of(scene, "users_lookupByEmail", email="nobody@example.com") == "users_not_found"
    assert public in {one["id"] for one in sdk.conversations_list()["channels"]}
    direct = {one["id"] for page in sdk.conversations_list(types="im") for one in page["channels"]}
    assert (channel in direct, public in direct) == (True, False)
    by_one = [page["channels"] for page in sdk.conversations_list(types="im", limit=1)]
    assert ({one["id"] for (one,) in by_one}, len(by_one)) == (direct, len(direct))
    assert error_of(scene, "conversations_list", cursor="x") == "invalid_cursor"
    assert len(sdk.conversations_members(channel=channel)["members"]) == 2
    scene.sandbox.scopes.remove("users:read")
    assert error_of(scene, "users_info", user=USER) == "missing_scope"


def test_a_message_goes_to_a_person_and_to_a_channels_name(scene: Scene) -> None:
    sdk, name = scene.sdk(), f"C0TEST{next(_numbers):04}"
    scene.sandbox.add_channel(name)
    direct = sdk.chat_postMessage(channel=USER, text="hello")["channel"]
    assert direct.startswith("D")
    assert sdk.conversations_open(users=USER)["channel"]["id"] == direct
    assert sdk.chat_postMessage(channel=f"#{name.lower()}", text="hello")["channel"] == name


def test_the_sdk_changes_deletes_links_and_answers_a_message(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    first = sdk.chat_postMessage(channel=channel, text="one")["ts"]
    sdk.chat_postMessage(channel=channel, text="two", thread_ts=first)
    assert [one["text"] for one in sdk.conversations_replies(channel=channel, ts=first)["messages"]] == ["one", "two"]
    assert sdk.chat_update(channel=channel, ts=first, text="changed")["text"] == "changed"
    link = sdk.chat_getPermalink(channel=channel, message_ts=first)["permalink"]
    assert link.endswith(f"/{channel}/p{first.replace('.', '')}")
    assert sdk.chat_delete(channel=channel, ts=first)["ts"] == first
    assert error_of(scene, "chat_delete", channel=channel, ts=first) == "message_not_found"
    assert error_of(scene, "conversations_replies", channel=channel, ts=first) == "thread_not_found"


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
