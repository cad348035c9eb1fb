"""The stream of what becomes of orders, as alpaca-py and plain websockets hear it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from alpaca.trading.models import TradeUpdate
from alpaca.trading.stream import TradingStream
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from deployments.sandbox.alpaca.account import SandboxAccount
from tests.vendors.alpaca.served import LIVE, PAPER, ServedAlpaca, limit_order, made_up_pair

WAIT_S = 10.0
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates"]}}


def address(alpaca: ServedAlpaca, host: str = PAPER) -> str:
    return alpaca.server.url(host).replace("http", "ws", 1) + "/stream"


@pytest.fixture
def socket(alpaca: ServedAlpaca) -> Iterator[Connection]:
    with connect(address(alpaca), proxy=None) as opened:
        yield opened


def said(socket: Connection, message: Any) -> Any:
    socket.send(json.dumps(message))
    return json.loads(socket.recv(WAIT_S))


def authenticate(key_id: str, secret: str) -> dict[str, Any]:
    return {"action": "authenticate", "data": {"key_id": key_id, "secret_key": secret}}


def heard(socket: Connection, last: str) -> list[dict[str, Any]]:
    """Updates until one of this event."""
    updates: list[dict[str, Any]] = []
    while not updates or updates[-1]["event"] != last:
        message = json.loads(socket.recv(WAIT_S))
        assert message["stream"] == "trade_updates"
        updates.append(message["data"])
    return updates


class Listening(TradingStream):
    """Says when the host has acknowledged that it listens, which it keeps to itself otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listens = asyncio.Event()

    async def _dispatch(self, msg: dict[str, Any]) -> None:
        if msg["stream"] == "listening":
            self.listens.set()
        await super()._dispatch(msg)


def test_alpaca_py_hears_of_an_order_that_fills(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, keys: tuple[str, str]
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    updates: list[TradeUpdate] = []

    async def listen() -> None:
        stream = Listening(*keys, url_override=address(alpaca))

        async def note(update: Any) -> None:
            updates.append(update)
            if update.event == "fill":
                await stream.stop_ws()

        stream.subscribe_trade_updates(note)
        running: asyncio.Task[None] = asyncio.create_task(cast("Any", stream)._run_forever())
        await asyncio.wait_for(stream.listens.wait(), WAIT_S)
        placed = await asyncio.to_thread(theirs.post, "/orders", limit_order(limit_price="300"))
        await asyncio.wait_for(running, WAIT_S)
        assert [update.order.client_order_id for update in updates] == [placed["client_order_id"]] * len(updates)

    asyncio.run(listen())
    assert [update.event for update in updates] == ["pending_new", "new", "fill"]
    assert (updates[-1].price, updates[-1].qty, updates[-1].position_qty) == (
        float(account.market.price("AAPL")),
        1.0,
        1.0,
    )
    assert [update.order.status for update in updates] == ["pending_new", "new", "filled"]


@pytest.mark.parametrize("form", ["authenticate", "auth"])
def test_both_forms_of_signing_in_are_answered(socket: Connection, keys: tuple[str, str], form: str) -> None:
    key_id, secret = keys
    asked = authenticate(*keys) if form == "authenticate" else {"action": "auth", "key": key_id, "secret": secret}
    assert said(socket, asked) == {
        "stream": "authorization",
        "data": {"action": "authenticate", "status": "authorized"},
    }
    assert said(socket, LISTEN) == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
    both = {"action": "listen", "data": {"streams": ["trade_updates", "account_updates"]}}
    assert said(socket, both)["data"]["streams"] == ["trade_updates"], "what there is not is left out"


def test_a_pair_that_is_dead_or_nobodys_may_not_listen(
    socket: Connection, account: SandboxAccount, keys: tuple[str, str]
) -> None:
    account.regenerate()
    nobody = made_up_pair()
    refused = {"action": "authenticate", "message": "access key verification failed", "status": "unauthorized"}
    for pair in (keys, (nobody.key_id, nobody.secret.get_secret_value())):
        assert said(socket, authenticate(*pair)) == {"stream": "authorization", "data": refused}
    unheard = {"stream": "authorization", "data": {"action": "listen", "status": "unauthorized"}}
    assert said(socket, LISTEN) == unheard


def test_the_other_environment_does_not_know_the_pair(alpaca: ServedAlpaca, keys: tuple[str, str]) -> None:
    with connect(address(alpaca, LIVE), proxy=None) as live:
        assert said(live, authenticate(*keys))["data"]["status"] == "unauthorized"


def test_cancelling_and_replacing_are_told_and_nothing_that_was_before(
    alpaca: ServedAlpaca, socket: Connection, theirs: Any, keys: tuple[str, str]
) -> None:
    theirs.post("/orders", limit_order())
    said(socket, authenticate(*keys))
    said(socket, LISTEN)
    alpaca.sandbox.knobs.clock_is_open = True
    first = theirs.post("/orders", limit_order())
    theirs.get(f"/orders/{first['id']}")
    second = theirs.patch(f"/orders/{first['id']}", {"limit_price": "2"})
    theirs.delete(f"/orders/{second['id']}")

    numbers = {first["id"]: 1, second["id"]: 2}
    told = [(one["event"], numbers.get(one["order"]["id"], 0)) for one in heard(socket, "canceled")]
    assert [(event, number) for event, number in told if number] == [
        ("pending_new", 1),
        ("new", 1),
        ("replaced", 1),
        ("pending_new", 2),
        ("new", 2),
        ("canceled", 2),
    ]


def test_whoever_listens_to_nothing_hears_nothing(socket: Connection, theirs: Any, keys: tuple[str, str]) -> None:
    said(socket, authenticate(*keys))
    said(socket, LISTEN)
    assert said(socket, {"action": "listen", "data": {"streams": []}})["data"] == {"streams": []}
    theirs.post("/orders", limit_order())
    assert said(socket, LISTEN)["stream"] == "listening", "not the order"


def test_the_paper_host_sends_binary_frames(socket: Connection) -> None:
    socket.send(json.dumps(LISTEN).encode())
    assert isinstance(socket.recv(WAIT_S), bytes)


def test_what_is_no_json_is_an_error_and_the_end(socket: Connection) -> None:
    socket.send("{")
    assert json.loads(socket.recv(WAIT_S))["action"] == "error"
    assert list(socket) == []


def test_who_names_no_pair_is_told_what_is_missing(socket: Connection, keys: tuple[str, str]) -> None:
    message = "must provide key_id and secret_key or oauth_token"
    for half in ({}, {"key_id": keys[0]}, {"secret_key": keys[1]}):
        answer = said(socket, {"action": "authenticate", "data": half})
        assert answer["data"] == {"action": "authenticate", "message": message, "status": "unauthorized"}
    assert said(socket, authenticate(*keys))["data"]["status"] == "authorized"
