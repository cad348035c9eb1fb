"""Every error and every fault becomes one error that holds no secret, and never a yes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.consumers.person.block import Slack
from blocks.consumers.person.slack import SlackClient
from blocks.errors import (
    Missing,
    RateLimited,
    Refused,
    Rejected,
    Unclear,
    Unreachable,
    VendorError,
)
from deployments.sandbox.faults import FaultKind
from tests.vendors.silence import assert_silent
from tests.vendors.slack.scene import EVENT, USER, Scene, metadata

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


def test_the_block_shows_no_token(scene: Scene) -> None:
    block = Slack(token=SecretStr(scene.slack.token))
    assert block.url == "https://slack.com/api/"
    assert scene.slack.token not in repr(block) + str(block.model_dump())
    with block.get_client() as client:
        assert scene.slack.token not in repr(vars(client)) + repr(vars(client._http))
