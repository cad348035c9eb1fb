"""Watch tells an address outside each time it ended well; what that answers ends no run, and its path is secret."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from blocks.errors import CatalogError
from blocks.ledger import heartbeat
from blocks.settings import read_settings
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer
from tests.steps.watching import watched

NAME = "heartbeat"


@pytest.fixture
def service() -> Iterator[tuple[SandboxServer, list[str]]]:
    """A server that writes down which paths were asked."""
    asked: list[str] = []

    async def answer(request: Request) -> Response:
        asked.append(request.url.path)
        return PlainTextResponse("OK")

    server = SandboxServer({NAME: Starlette(routes=[Route("/{path:path}", answer)])})
    server.start()
    try:
        yield server, asked
    finally:
        server.stop()


@pytest.mark.prefect
@pytest.mark.usefixtures("operator")
def test_it_is_told_each_time_and_a_fault_of_it_is_only_logged(
    service: tuple[SandboxServer, list[str]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server, asked = service
    path = f"/{secrets.token_hex(8)}"
    monkeypatch.setenv("REKEY_HEARTBEAT_URL", f"{server.url(NAME)}{path}")
    faults = [
        Fault(NAME, FaultKind.ANSWER, status=404, body={}),
        Fault(NAME, FaultKind.DROP_BEFORE),
        Fault(NAME, FaultKind.HTML, status=302),
    ]

    watched()
    for fault in faults:
        server.plan.add(fault)
        with caplog.at_level(logging.WARNING):
            watched()
    watched()

    assert asked == [path, path]
    told = [one.getMessage() for one in caplog.records if one.getMessage().startswith("heartbeat: ")]
    # Which of httpx's errors a reset is depends on when it comes.
    assert [re.sub(r"\w+Error", "...", one.partition(".")[0]) for one in told] == [
        "heartbeat: ping failed: not taken (HTTP 404)",
        "heartbeat: ping failed: connection failed (...)",
        "heartbeat: ping failed: not taken (HTTP 302)",
    ]
    assert [one for one in told if path in one] == []
    assert heartbeat.last(read_settings().ledger_url, heartbeat.WATCH) is not None


@pytest.mark.prefect
@pytest.mark.usefixtures("operator")
def test_a_run_of_watch_that_fails_is_none_that_ended_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.watch.unfinished", _broken)

    with pytest.raises(AssertionError, match="The catalog is broken"):
        watched()

    assert heartbeat.last(read_settings().ledger_url, heartbeat.WATCH) is None


def _broken() -> list[str]:
    raise CatalogError("The catalog is broken.", "Mend it.")


@pytest.mark.parametrize("wrong", ["http://pings.example.com/x", "https://user@pings.example.com/x", "pings"])
def test_what_is_no_plain_address_is_refused_at_the_door(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("REKEY_HEARTBEAT_URL", wrong)

    with pytest.raises(CatalogError) as raised:
        read_settings()

    assert "REKEY_HEARTBEAT_URL" in str(raised.value)
    assert "/x" not in str(raised.value)
