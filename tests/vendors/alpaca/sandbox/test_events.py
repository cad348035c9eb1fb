"""Trade events over HTTP, as Alpaca's SDK for Go reads them: line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.vendors.alpaca.served import PAPER, ServedAlpaca, limit_order, served_alpaca

PATH = "/v2/events/trades"
PREFIX = "data: "


@pytest.fixture
def http(alpaca: ServedAlpaca, keys: tuple[str, str]) -> Iterator[httpx.Client]:
    headers = dict(zip(("APCA-API-KEY-ID", "APCA-API-SECRET-KEY"), keys, strict=True))
    with httpx.Client(base_url=alpaca.server.url(PAPER), headers=headers, trust_env=False, timeout=10.0) as client:
        yield client


def events_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix(PREFIX)) for line in text.splitlines() if line.startswith(PREFIX)]


def moment(*, seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def past(http: httpx.Client, **since: str) -> list[dict[str, Any]]:
    answer = http.get(PATH, params={"since": moment(seconds=-60), "until": moment(seconds=0), **since})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    return events_of(answer.text)


def test_an_order_is_told_to_whoever_listens_and_nothing_of_before(http: httpx.Client, theirs: Any) -> None:
    theirs.post("/orders", limit_order())
    with http.stream("GET", PATH) as answer:
        assert answer.status_code == 200
        placed = theirs.post("/orders", limit_order())
        told = json.loads(next(line for line in answer.iter_lines() if line).removeprefix(PREFIX))
    assert (told["event"], told["order"]["id"]) == ("accepted", placed["id"])
    assert told.keys() >= {"at", "event_id", "execution_id", "timestamp"}


def test_what_was_is_told_from_a_moment_to_another(http: httpx.Client, theirs: Any) -> None:
    placed = theirs.post("/orders", limit_order())
    theirs.delete(f"/orders/{placed['id']}")
    told = past(http)
    assert {one["order"]["id"] for one in told} == {placed["id"]}
    assert told[-1]["event"] == "canceled"
    last = told[-1]["at"]
    assert past(http, since=last)[-1] == told[-1]
    assert past(http, since=last.replace("Z", "001Z")) == [], "how the SDK goes on after an interruption"
    assert past(http, since=moment(seconds=-120), until=moment(seconds=-60)) == []


def test_what_was_is_told_from_an_event_to_another(http: httpx.Client, theirs: Any) -> None:
    placed = theirs.post("/orders", limit_order())
    theirs.delete(f"/orders/{placed['id']}")
    told = past(http)
    assert len(told) > 1
    ids = [one["event_id"] for one in told]
    answer = http.get(PATH, params={"since_id": ids[0], "until_id": ids[-1]})
    assert events_of(answer.text) == told
    answer = http.get(PATH, params={"since_id": ids[-1], "until_id": ids[-1]})
    assert events_of(answer.text) == told[-1:]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("until=2026-11-29", "since is required if until is specified"),
        ("until_id=x", "since_id is required if until_id is specified"),
        ("since=2026-11-29&since_id=x", "since and since_id can't be used at the same time"),
        ("since_id=x", "invalid since_id"),
        ("since=x", "invalid time: RFC 3339 is expected"),
    ],
)
def test_bounds_that_do_not_go_together_are_refused(http: httpx.Client, query: str, message: str) -> None:
    answer = http.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()) == (422, {"code": 40010001, "message": message})


def test_nobody_s_pair_hears_nothing(http: httpx.Client) -> None:
    assert http.get(PATH, headers={"APCA-API-SECRET-KEY": "x"}).status_code == 401


def test_a_sandbox_that_is_stopped_ends_what_it_tells_as_it_should(caplog: pytest.LogCaptureFixture) -> None:
    with served_alpaca() as alpaca:
        key_id, secret = alpaca.sandbox.add_account("paper").regenerate()
        headers = {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret}
        with httpx.stream("GET", alpaca.server.url(PAPER) + PATH, headers=headers, trust_env=False) as answer:
            assert answer.status_code == 200
            alpaca.server.stop()
            assert answer.read() == b""
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
