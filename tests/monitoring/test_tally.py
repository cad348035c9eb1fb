"""What a process asks of vendors is counted by what became of it, and nothing that was sent is a label."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from blocks import tally
from blocks.errors import Unreachable
from blocks.wire.exchange import Exchanges
from blocks.wire.ping import ping
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer

VENDOR = "a vendor"


@pytest.fixture(autouse=True)
def _nothing_is_counted_yet() -> None:
    tally.take()


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """It answers with the status that is the end of the path."""

    async def answer(request: Request) -> Response:
        return PlainTextResponse("OK", request.path_params["status"])

    made = SandboxServer({VENDOR: Starlette(routes=[Route("/{secret}/{status:int}", answer)])})
    made.start()
    try:
        yield made
    finally:
        made.stop()


def asked(server: SandboxServer, *statuses: int, part: str = "path", doubts: bool = False) -> None:
    """One request for each."""
    exchanges = Exchanges(VENDOR, read_timeout_s=5, doubts_refusals=doubts)
    for status in statuses:
        exchanges.exchange("read", "GET", f"{server.url(VENDOR)}/{part}/{status}", headers={"Key": part})
    exchanges.close()


def test_each_request_is_counted_by_what_became_of_it(server: SandboxServer) -> None:
    secret = secrets.token_hex(16)

    asked(server, 200, 201, 302, 400, 404, 401, 403, 429, 500, 503, part=secret)
    server.plan.add(Fault(VENDOR, FaultKind.DROP_BEFORE))
    with pytest.raises(Unreachable):
        asked(server, 200)

    taken = tally.take()
    host = server.url(VENDOR).removeprefix("http://")
    expected = {"ok": 3, "wrong": 2, "refused": 2, "limited": 1, "failed": 2, "none": 1}
    assert taken == {(tally.REQUESTS, VENDOR, host, answer): number for answer, number in expected.items()}
    assert secret not in str(taken)
    assert tally.take() == {}


def test_a_refusal_that_is_doubted_is_two_requests(server: SandboxServer) -> None:
    asked(server, 401, doubts=True)

    assert list(tally.take().values()) == [2]


def test_an_address_that_is_a_secret_is_not_counted(server: SandboxServer) -> None:
    ping(SecretStr(f"{server.url(VENDOR)}/{secrets.token_hex(8)}/200"))

    assert tally.take() == {}
