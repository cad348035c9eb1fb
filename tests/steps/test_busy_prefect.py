"""While Prefect's database is busy it takes nothing, and says so: rekey tells that it was not taken yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from blocks.errors import Unreachable
from blocks.prefect_api import prefect_runs
from deployments.local.processes import free_port

RUN = "00000000-0000-4000-8000-000000000000"
CALLS: dict[str, Callable[[], object]] = {
    "resume a run": lambda: prefect_runs.resume(RUN, {}),
    "start the rotation of alpaca-paper": lambda: prefect_runs.start_rotation("alpaca-paper", "scheduled"),
}


class Busy(BaseHTTPRequestHandler):
    """Answers 503 to everything."""

    body = b""

    def do_GET(self) -> None:
        """A question."""
        self.send_response(503)
        self.send_header("Content-Length", str(len(self.body)))
        # Prefect's client waits for two seconds otherwise, also before it gives up.
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self) -> None:
        """A change."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def busy() -> Iterator[Callable[[bytes], None]]:
    """A server in Prefect's place; call it with what it answers."""
    port = free_port()
    with ThreadingHTTPServer(("127.0.0.1", port), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{port}/api"
        with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 0}):
            yield lambda body: setattr(Busy, "body", body)
        server.shutdown()


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        # As Prefect 3.8.8 answers while SQLite is locked.
        (b'{"exception_message":"Service Unavailable"}', prefect_runs.TOOK_NOTHING),
        (b"<html>Service Unavailable</html>", "PrefectHTTPStatusError"),
        (b"503", "PrefectHTTPStatusError"),
    ],
    ids=["Prefect", "a gateway", "a number"],
)
def test_busy_is_not_taken_yet_and_only_prefect_itself_says_so(
    busy: Callable[[bytes], None], operation: str, body: bytes, fault: str
) -> None:
    busy(body)

    with pytest.raises(Unreachable) as raised:
        CALLS[operation]()

    assert raised.value.problem == f"Prefect: {operation} failed: {fault}."
