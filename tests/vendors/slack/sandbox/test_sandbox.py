from __future__ import annotations

from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from deployments.sandbox import made_up
from deployments.sandbox.server import SandboxServer
from deployments.sandbox.slack.app import ALL_SCOPES, SlackSandbox
from tests.vendors.slack.sandbox.scene import BLOCKS, METADATA, Scene, _numbers, error_of
from tests.vendors.slack.scene import USER


def test_the_sdk_asks_who_it_is(scene: Scene) -> None:
    answer = scene.sdk().auth_test()
    assert (answer["ok"], answer["team"], answer["user"]) == (True, "Sandbox", "rekey")
    # slack_sdk gives header names as they were sent.
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert set(headers["x-oauth-scopes"].split(",")) == ALL_SCOPES


def test_the_sdk_opens_a_conversation_posts_and_reads_it_back(scene: Scene) -> None:
    client, person = scene.sdk(), scene.sandbox.add_user("U0NOBODYYET")
    channel = client.conversations_open(users=person)["channel"]["id"]
    resumed = client.conversations_open(users=person)
    assert (resumed["already_open"], resumed["channel"]["id"]) == (True, channel)
    assert client.conversations_open(channel=channel)["channel"]["id"] == channel
    posted = client.chat_postMessage(
        channel=channel, text="Action required", blocks=BLOCKS, metadata=METADATA, unfurl_links=False
    )
    assert posted["channel"] == channel
    assert posted["message"]["text"] == "Action required"
    assert client.conversations_info(channel=channel)["channel"]["user"] == person
    (seen,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert (seen["ts"], seen["metadata"], seen["blocks"]) == (posted["ts"], METADATA, posted["message"]["blocks"])
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
    # Two are not too many: up to eight are taken.
    assert error_of(scene, "conversations_open", users=f"{USER},U0NOBODY") == "user_not_found"
    assert error_of(scene, "conversations_open", users=[f"U0{n}" for n in range(9)]) == "too_many_users"
    assert error_of(scene, "conversations_open", channel=others) == "method_not_supported_for_channel_type"
    assert error_of(scene, "conversations_open", users="") == "users_list_not_supplied"
    assert error_of(scene, "conversations_info", channel="X") == "channel_not_found"
    assert error_of(scene, "chat_postMessage", channel=channel, text="") == "no_text"
    with scene.http() as http:
        unknown = {"ok": False, "error": "unknown_method", "req_method": "chat.shout"}
        assert http.post("/api/chat.shout").json() == unknown
        asked = {"ok": False, "error": "mine", "args": {"error": "mine"}}
        assert http.post("/api/api.test", data={"error": "mine"}).json() == asked


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
    bot = sdk.users_info(user=sdk.auth_test()["user_id"])["user"]
    assert (bot["is_bot"], bot["name"], bot["profile"]["bot_id"]) == (True, "rekey", sdk.auth_test()["bot_id"])
    assert {bot["id"], USER} <= {one["id"] for page in sdk.users_list() for one in page["members"]}
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


def test_the_sdk_changes_deletes_links_and_answers_a_message(scene: Scene, channel: str) -> None:
    sdk = scene.sdk()
    first = sdk.chat_postMessage(channel=channel, text="one")["ts"]
    sdk.chat_postMessage(channel=channel, text="two", thread_ts=first)
    assert [one["text"] for one in sdk.conversations_replies(channel=channel, ts=first)["messages"]] == ["one", "two"]
    assert sdk.chat_update(channel=channel, ts=first, text="changed")["text"] == "changed"
    link = sdk.chat_getPermalink(channel=channel, message_ts=first)["permalink"]
    assert link.endswith(f"/{channel}/p{first.replace('.', '')}")
    for reply in sdk.conversations_replies(channel=channel, ts=first)["messages"][::-1]:
        assert sdk.chat_delete(channel=channel, ts=reply["ts"])["ts"] == reply["ts"]
    assert error_of(scene, "chat_delete", channel=channel, ts=first) == "message_not_found"
    assert error_of(scene, "conversations_replies", channel=channel, ts=first) == "thread_not_found"
