from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import (
    CatalogError,
    Missing,
    RateLimited,
    Refused,
    Rejected,
    Unclear,
    Unreachable,
    VendorError,
)
from blocks.vendors.slack import Slack, SlackClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer
from deployments.sandbox.slack import ALL_SCOPES, SlackKnobs, SlackSandbox
from tests.vendors.silence import assert_silent

USER = "U0OPERATOR"
EVENT = "alpaca_rotation_notice"
# For a fault that never answers; everything else may take its time on a busy machine.
SHORT_S, LONG_S = 0.3, 10.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Scene:
    """The simulated Slack and how to reach it."""

    slack: SlackSandbox
    server: SandboxServer

    def client(self, token: str | None = None, **fields: Any) -> SlackClient:
        """A client as a step gets it."""
        return Slack(
            url=f"{self.server.url('slack')}/api/",
            token=SecretStr(token or self.slack.token),
            **{"read_timeout_s": LONG_S, **fields},
        ).get_client()

    def client_for(self, fault: dict[str, Any]) -> SlackClient:
        """A client that does not wait long for an answer that never comes."""
        return self.client(read_timeout_s=SHORT_S if fault["kind"] is FaultKind.HANG else LONG_S)

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this Slack."""
        self.server.plan.add(Fault("slack", kind, **fields))

    def posted(self, channel: str) -> list[dict[str, Any]]:
        """The messages of one conversation."""
        return [message for message in self.slack.messages if message["channel"] == channel]


@pytest.fixture(scope="module")
def running_scene() -> Iterator[Scene]:
    slack = SlackSandbox()
    slack.add_user(USER)
    server = SandboxServer({"slack": slack.app()})
    server.start()
    yield Scene(slack, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    running_scene.slack.scopes = set(ALL_SCOPES)
    for name in SlackKnobs.__dataclass_fields__:
        setattr(running_scene.slack.knobs, name, getattr(SlackKnobs(), name))


@pytest.fixture
def channel(scene: Scene) -> str:
    return scene.slack.add_channel(f"D0TEST{next(_numbers):04}", f"U0TEST{next(_numbers):04}")


@pytest.fixture
def client(scene: Scene) -> Iterator[SlackClient]:
    with scene.client() as made:
        yield made


def metadata(rotation: str) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"rotation_id": rotation, "step": "local-dev"}}


def test_the_tokens_workspace_bot_and_scopes_are_read(scene: Scene, client: SlackClient) -> None:
    scene.slack.scopes = {"chat:write", "im:write"}
    identity = client.who_am_i()
    assert (identity.team, identity.user) == ("Sandbox", "rekey")
    assert identity.scopes == frozenset({"chat:write", "im:write"})


def test_scopes_that_slack_does_not_name_are_unknown_and_not_empty(scene: Scene, client: SlackClient) -> None:
    scene.slack.knobs.name_scopes = False
    assert client.who_am_i().scopes is None


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


def test_a_user_can_be_posted_to_and_nothing_is_posted_to_find_out(scene: Scene, client: SlackClient) -> None:
    before = len(scene.slack.messages)
    assert client.can_post(user=USER) is Answer.YES
    assert len(scene.slack.messages) == before


@pytest.mark.parametrize("scope", ["chat:write", "im:write"])
@pytest.mark.parametrize("named", [True, False])
def test_posting_to_a_user_needs_two_scopes(scene: Scene, client: SlackClient, scope: str, named: bool) -> None:
    scene.slack.scopes.remove(scope)
    scene.slack.knobs.name_scopes = named
    if scope == "chat:write" and not named:
        # Nothing but a post would show it.
        assert client.can_post(user=USER) is Answer.UNKNOWN
        return
    with pytest.raises(Refused, match=f"Add the scope {scope}") as caught:
        client.can_post(user=USER)
    assert caught.value.code == "missing_scope"
    assert_silent(caught.value)


def test_posting_to_an_unknown_user_or_channel_is_missing(client: SlackClient) -> None:
    with pytest.raises(Missing, match="user id"):
        client.can_post(user="U0NOBODY")
    with pytest.raises(Missing, match="fixed D"):
        client.can_post(channel="D0NOWHERE")


def test_a_fixed_channel_is_looked_at(scene: Scene, client: SlackClient, channel: str) -> None:
    assert client.can_post(channel=channel) is Answer.YES
    closed = scene.slack.add_channel("D0CLOSED", "U0GONE", archived=True)
    assert client.can_post(channel=closed) is Answer.NO
    assert client.can_post(channel=scene.slack.add_channel("C0OPEN")) is Answer.YES
    assert client.can_post(channel=scene.slack.add_channel("G0OPEN")) is Answer.YES
    assert client.can_post(channel=scene.slack.add_channel("C0OLD", archived=True)) is Answer.NO
    assert client.can_post(channel=scene.slack.add_channel("C0OTHERS", member=False)) is Answer.NO


@pytest.mark.parametrize("named", [True, False])
def test_a_fixed_channel_that_the_scopes_do_not_show_is_unknown(
    scene: Scene, client: SlackClient, channel: str, named: bool
) -> None:
    scene.slack.scopes.remove("im:read")
    scene.slack.knobs.name_scopes = named
    assert client.can_post(channel=channel) is Answer.UNKNOWN


def test_a_channel_may_be_seen_and_the_right_to_post_still_be_unknown(
    scene: Scene, client: SlackClient, channel: str
) -> None:
    scene.slack.knobs.name_scopes = False
    assert client.can_post(channel=channel) is Answer.UNKNOWN
    closed = scene.slack.add_channel("D0CLOSED", "U0GONE", archived=True)
    assert client.can_post(channel=closed) is Answer.NO


@pytest.mark.parametrize("shown", [{}, {"is_im": False}, {"is_member": None}, {"is_im": "true"}])
def test_a_conversation_without_the_documented_fields_is_unknown(
    scene: Scene, client: SlackClient, channel: str, shown: dict[str, Any]
) -> None:
    body = {"ok": True, "channel": shown}
    scene.fault(FaultKind.ANSWER, status=200, body=body, path=".*info")
    assert client.can_post(channel=channel) is Answer.UNKNOWN


@pytest.mark.parametrize("where", [{}, {"user": USER, "channel": "D0TEST"}])
def test_exactly_one_address_is_asked_about(client: SlackClient, where: dict[str, str]) -> None:
    with pytest.raises(CatalogError, match="either user or channel"):
        client.can_post(**where)


def test_a_token_of_an_app_that_was_replaced_is_refused_and_the_remedy_names_the_block(scene: Scene) -> None:
    old = scene.slack.token
    scene.slack.replace_token()
    with scene.client(old) as client, pytest.raises(Refused, match="Slack block") as caught:
        client.can_post(user=USER)
    assert caught.value.code == "invalid_auth"
    assert caught.value.request_id
    assert_silent(caught.value)


CODES: dict[str, tuple[type[VendorError], bool]] = {
    **dict.fromkeys(
        (
            "not_authed",
            "invalid_auth",
            "token_revoked",
            "token_expired",
            "account_inactive",
            "missing_scope",
            "restricted_action",
            "org_login_required",
        ),
        (Refused, False),
    ),
    **dict.fromkeys(("channel_not_found", "user_not_found"), (Missing, False)),
    **dict.fromkeys(("ratelimited", "rate_limited"), (RateLimited, True)),
    **dict.fromkeys(("fatal_error", "internal_error", "service_unavailable", "request_timeout"), (Unclear, True)),
    **dict.fromkeys(
        (
            "not_in_channel",
            "is_archived",
            "messages_tab_disabled",
            "no_text",
            "invalid_blocks",
            "msg_blocks_too_long",
            "metadata_too_large",
            "an_error_of_tomorrow",
        ),
        (Rejected, False),
    ),
}


@pytest.mark.parametrize("code", CODES)
def test_every_error_string_means_something(scene: Scene, client: SlackClient, channel: str, code: str) -> None:
    kind, transient = CODES[code]
    scene.slack.knobs.errors["chat.postMessage"] = code
    with pytest.raises(VendorError) as caught:
        client.post(channel, "notice")
    assert type(caught.value) is kind
    assert caught.value.transient is transient
    assert caught.value.code == code
    assert caught.value.remedy
    assert scene.posted(channel) == []
    assert_silent(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301  our own pickle


def test_a_rate_limit_says_how_long_to_wait(scene: Scene, client: SlackClient, channel: str) -> None:
    scene.slack.knobs.per_second, scene.slack.knobs.retry_after_s = 1, 12
    client.post(channel, "one")
    with pytest.raises(RateLimited) as caught:
        client.post(channel, "two")
    assert (caught.value.status, caught.value.retry_after_s, caught.value.code) == (429, 12.0, "ratelimited")
    assert len(scene.posted(channel)) == 1


@pytest.mark.parametrize(
    "body", [[], {}, {"ok": None}, {"ok": "true", "ts": "1"}, {"ok": False}, {"ok": False, "error": "Has <b>text</b>"}]
)
def test_what_is_no_answer_of_slacks_is_unclear(scene: Scene, client: SlackClient, channel: str, body: Any) -> None:
    scene.fault(FaultKind.ANSWER, status=200, body=body, times=None)
    for operation in OPERATIONS.values():
        with pytest.raises(Unclear) as caught:
            operation(client, channel)
        assert not caught.value.transient
        assert caught.value.code is None
        assert_silent(caught.value)


@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "ts": 1, "channel": "D1", "messages": {}, "team": 1}])
def test_an_ok_without_the_documented_fields_is_unclear(
    scene: Scene, client: SlackClient, channel: str, body: Any
) -> None:
    scene.fault(FaultKind.ANSWER, status=200, body=body, times=None)
    for operation in OPERATIONS.values():
        with pytest.raises(Unclear) as caught:
            operation(client, channel)
        assert not caught.value.transient


OPERATIONS: dict[str, Callable[[SlackClient, str], object]] = {
    "who_am_i": lambda client, _: client.who_am_i(),
    "can_post": lambda client, _: client.can_post(user=USER),
    "direct_channel": lambda client, _: client.direct_channel(USER),
    "post": lambda client, channel: client.post(channel, "notice", metadata=metadata("r-1")),
    "find_by_metadata": lambda client, channel: client.find_by_metadata(channel, EVENT, "rotation_id", "r-1"),
}

FAULTS: list[tuple[dict[str, Any], type[VendorError], bool]] = [
    ({"kind": FaultKind.ANSWER, "status": 401, "body": {"ok": False, "error": "invalid_auth"}}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 403, "body": {"ok": False, "error": "invalid_auth"}}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 404, "body": {"ok": False}}, Missing, False),
    ({"kind": FaultKind.ANSWER, "status": 413, "body": {"ok": False}}, Rejected, False),
    ({"kind": FaultKind.RATE_LIMIT}, RateLimited, True),
    ({"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7}, RateLimited, True),
    ({"kind": FaultKind.ANSWER, "status": 500}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 503}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 200}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 403}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 302, "body": {}}, Unclear, False),
    ({"kind": FaultKind.HANG}, Unreachable, True),
    ({"kind": FaultKind.DROP_BEFORE}, Unreachable, True),
    ({"kind": FaultKind.DROP_AFTER}, Unreachable, True),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS)
def test_every_fault_becomes_one_silent_error(
    scene: Scene,
    channel: str,
    operation: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
) -> None:
    scene.fault(**fault)
    with scene.client_for(fault) as client, pytest.raises(VendorError) as caught:
        OPERATIONS[operation](client, channel)
    assert type(caught.value) is kind
    assert caught.value.transient is transient
    assert caught.value.vendor == "Slack"
    assert getattr(caught.value, "retry_after_s", None) == fault.get("retry_after_s")
    assert_silent(caught.value)


@pytest.mark.parametrize("method", ["conversations.open", "conversations.info"])
@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS)
def test_a_fault_behind_the_identity_is_never_a_yes_or_a_no(
    scene: Scene,
    channel: str,
    method: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
) -> None:
    scene.fault(**fault, path=f"/api/{method}")
    where = {"user": USER} if method == "conversations.open" else {"channel": channel}
    with scene.client_for(fault) as client, pytest.raises(kind) as caught:
        client.can_post(**where)
    assert caught.value.transient is transient


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


def test_the_block_shows_no_token(scene: Scene) -> None:
    block = Slack(token=SecretStr(scene.slack.token))
    assert block.url == "https://slack.com/api/"
    assert scene.slack.token not in repr(block) + str(block.model_dump())
    with block.get_client() as client:
        assert scene.slack.token not in repr(vars(client)) + repr(vars(client._http))
