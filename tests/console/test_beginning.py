"""The page of a run that was started on the console and of which the ledger has nothing yet."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deployments.console import beginning
from tests.console.conftest import RUN

NAME = "alpaca-paper"


@contextmanager
def prefect_that_says(answers: dict[str, Any]) -> Iterator[str]:
    """A server that answers so, by path; 404 to all else. Its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path)
            text = json.dumps(found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def of(state: str | None, message: str | None, monkeypatch: pytest.MonkeyPatch, late_s: float = 0.0) -> tuple[str, str]:
    """What the page says of a run in this state; None for one that Prefect does not know."""
    about = {"state": {"type": state, "message": message}, "estimated_start_time_delta": late_s}
    run = {"state_type": state, **about} if state else None
    with prefect_that_says({f"/api/flow_runs/{RUN}": run, "/api/admin/version": "3.8.8"}) as url:
        monkeypatch.setenv("PREFECT_API_URL", url)
        return beginning.told(NAME, RUN)


@pytest.mark.parametrize(
    ("state", "message", "what"),
    [
        (
            "FAILED",
            "Flow run encountered an exception: StepError: The catalog names no credential x. Correct it.",
            "The catalog names no credential x. Correct it. Mend that, then start again.",
        ),
        ("CRASHED", "Flow run infrastructure exited.", "Flow run infrastructure exited. Mend that, then start again."),
        ("CANCELLED", None, "Read why on its page, then start again."),
        (None, None, "Prefect does not know it any more. Start again."),
    ],
)
def test_a_run_that_ended_before_its_rotation_began_says_why(
    monkeypatch: pytest.MonkeyPatch, state: str | None, message: str | None, what: str
) -> None:
    heading, told = of(state, message, monkeypatch)

    assert heading == f"{NAME}: the run is {(state or 'deleted').lower()}, and no rotation began"
    assert told == what


@pytest.mark.parametrize("state", sorted(beginning.BEGINNING))
def test_a_run_that_begins_asks_for_nothing(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    heading, told = of(state, None, monkeypatch)

    assert heading == f"{NAME}: starting"
    assert told.startswith("Nothing to do")


def test_whether_it_began_is_unknown_while_prefect_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with prefect_that_says({}) as url:
        monkeypatch.setenv("PREFECT_API_URL", url)

    heading, told = beginning.told(NAME, RUN)

    assert heading == f"{NAME}: whether its run began is unknown"
    assert told


def test_a_run_that_no_worker_takes_is_not_said_to_go_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    heading, told = of("SCHEDULED", None, monkeypatch, late_s=75.0)

    assert heading == f"{NAME}: no worker has taken its run for 1 min 15 s"
    assert told.startswith("Start a worker (`prefect worker start --pool rekey`).")
