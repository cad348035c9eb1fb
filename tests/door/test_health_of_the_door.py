"""Health tries Prefect's door from outside, and says what is open, or that it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from blocks.check import Check, Outcome, asked
from deployments.local.places import Places
from deployments.local.prefect_login import client_settings
from deployments.local.processes import LocalPrefect, free_port
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.hostile import deep
from deployments.sandbox.server import SandboxServer
from tasks.health.door import door
from tests.door.doors import OPEN
from tests.steps.support import shaky

SUBJECT = "Prefect's door"
EVERYTHING = (
    "anybody reads without a login; a change needs no CSRF token; pages of every origin may read (CORS); "
    "its WebSocket tells everything to anybody"
)


def looked() -> Check:
    """The check, as a health run makes it."""
    return asked("", SUBJECT, door)


@contextmanager
def answering(*answers: Response) -> Iterator[None]:
    """Something else at Prefect's address: a gateway, or another program."""

    async def answer(_: object) -> Response:
        return answers[0]

    methods = ["GET", "POST", "DELETE"]
    front = SandboxServer({"prefect": Starlette(routes=[Route("/{path:path}", answer, methods=methods)])})
    front.start()
    try:
        with temporary_settings({PREFECT_API_URL: f"{front.url('prefect')}/api"}):
            yield
    finally:
        front.stop()


@pytest.mark.usefixtures("prefect")
def test_the_door_of_a_server_that_rekey_starts_is_shut() -> None:
    found = looked()

    assert (found.outcome, found.remedy) == (Outcome.OK, "")
    assert "asks for a login and for a token" in found.told


@pytest.mark.long
@pytest.mark.prefect
def test_a_server_as_prefect_starts_it_by_itself_is_open_in_every_way(tmp_path: Path) -> None:
    """On loopback too."""
    with LocalPrefect(Places.made(tmp_path / "home"), free_port(), OPEN) as local:
        local.start_server()
        with temporary_settings(client_settings(local.environment)):
            found = looked()

    assert (found.outcome, found.told) == (Outcome.FAILED, f"Prefect's door is open: {EVERYTHING}.")
    assert "PREFECT_SERVER_API_AUTH_STRING" in found.remedy


@pytest.mark.long
@pytest.mark.prefect
@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED", "false", "a change needs no CSRF token"),
        ("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "*", "pages of every origin may read (CORS)"),
    ],
)
def test_each_thing_that_is_open_is_told_alone(tmp_path: Path, setting: str, value: str, told: str) -> None:
    with LocalPrefect(Places.made(tmp_path / "home"), free_port(), {setting: value}) as local:
        local.start_server()
        with temporary_settings(client_settings(local.environment)):
            found = looked()

    assert (found.outcome, found.told) == (Outcome.FAILED, f"Prefect's door is open: {told}.")


def test_one_answer_that_lets_anybody_in_is_enough(prefect: LocalPrefect) -> None:
    read = Fault("prefect", FaultKind.ANSWER, "GET", ".*/admin/version", status=200, body={}, times=None)
    with shaky(prefect, read):
        found = looked()

    assert found.outcome is Outcome.FAILED
    assert found.told == "Prefect's door is open: anybody reads without a login."


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Response(status_code=503), id="an outage"),
        pytest.param(HTMLResponse("<h1>Log in</h1>"), id="an HTML page"),
        pytest.param(Response(status_code=302, headers={"location": "https://login.example.com"}), id="a redirect"),
        pytest.param(JSONResponse({"error": "who are you?"}, 418), id="another program"),
        pytest.param(deep(), id="brackets within brackets"),
    ],
)
def test_what_proves_nothing_is_unknown(answer: Response) -> None:
    with answering(answer):
        found = looked()

    assert found.outcome is Outcome.UNKNOWN
    assert found.told.startswith("Whether Prefect's door is shut is not proved: it is not clear whether anybody reads")
    assert found.remedy


def test_a_gateway_that_refuses_everybody_hides_whether_prefect_asks_for_a_token() -> None:
    with answering(JSONResponse({"error": "log in first"}, 401)):
        found = looked()

    assert found.outcome is Outcome.UNKNOWN
    assert "a change needs no CSRF token" in found.told
    assert "anybody reads without a login" not in found.told


def test_a_server_that_does_not_answer_is_unknown() -> None:
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        assert looked().outcome is Outcome.UNKNOWN


def test_an_address_at_which_the_login_would_cross_a_network_in_clear_text_fails_before_anything_is_sent() -> None:
    with temporary_settings({PREFECT_API_URL: "http://prefect.invalid/api"}):
        found = looked()

    assert found.outcome is Outcome.FAILED
    assert "is not https" in found.told
