"""A console over a ledger of the test's own, served on a real socket."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import CodeType
from typing import Any

import httpx
import pytest
import uvicorn
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from playwright.sync_api import Browser

from blocks.ledger.lease import Lease
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.console import pages
from deployments.console.address import address_of
from deployments.console.app import application
from deployments.console.serve import config_of, renewed
from deployments.local.processes import free_port
from tests.browser import chromium
from tests.console.prefect_twin import LOGIN, PrefectTwin
from tests.steps.support import SHIPPED
from tests.waiting import wait_until

RUN = "00000000-0000-4000-8000-000000000000"


@dataclass
class Served:
    """A console that runs, and the ledger that it reads."""

    url: str
    ledger: Ledger
    browser: httpx.Client = field(repr=False)
    # Closed it serves no more, and nothing of it is left.
    console: ExitStack = field(repr=False)

    def text(self, path: str = "/") -> str:
        """A page."""
        answer = self.browser.get(path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.text

    def shows(self, words: str, path: str = "/") -> None:
        """Wait until a page has these words."""
        wait_until(lambda: words in self.browser.get(path).text, description=f"{path} shows {words!r}", timeout_s=30)

    def start(self, credential: str = "alpaca-paper", rotation: str = "r-1", run: str = RUN) -> None:
        """A rotation begins."""
        lease = Lease(read_settings().ledger_url, credential)
        if lease.look() is None:
            lease.take(run, None)
        context = {"flow_run_id": run, "reason": "scheduled"}
        self.ledger.append(Action.STARTED, rotation=rotation, credential=credential, actor="somebody", context=context)

    def step(
        self,
        name: str,
        credential: str = "alpaca-paper",
        rotation: str = "r-1",
        action: Action = Action.STEP,
        **facts: Any,
    ) -> None:
        """One step of it."""
        context = {"step": name, "outcome": "done", "seconds": 1.0, "proofs": [], **facts}
        self.ledger.append(action, rotation=rotation, credential=credential, actor="rekey", context=context)

    def wait(self, name: str = "await_human_input", credential: str = "alpaca-paper", **facts: Any) -> None:
        """It waits at a form."""
        waits = {"outcome": "waiting", "awaited": "the new pair", "where": "there", "form": "paused-1", "run": RUN}
        self.step(name, credential, **{**waits, **facts})


class Compiled(BytecodeCache):
    """Templates as they were compiled for the console of another test: that was a quarter of what such a test cost."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Of jinja: fill in what is there of this very text."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Of jinja: keep what was compiled."""
        self._codes[bucket.key, bucket.checksum] = bucket.code


_compiled = Compiled()


@pytest.fixture
def alone(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  # its settings come first
    """No Prefect server is named: what it would say is unknown. A run that nobody watched so long may live."""
    monkeypatch.setenv("REKEY_LEASE_S", "600")
    monkeypatch.setenv("REKEY_CATALOG", str(SHIPPED))
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "REKEY_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def listening() -> Iterator[None]:
    """A console with the settings of now, until the end."""
    settings = read_settings()
    address = address_of(settings, datetime.now(UTC))
    config = config_of(address, application(settings, 0.1))
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    with renewed(address, config):
        thread.start()
        try:
            wait_until(lambda: server.started, description="the console listens", timeout_s=30)
            yield
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.fixture
def serve(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Served]]:
    """Starts a console with the settings of now. All end with the test."""
    monkeypatch.setattr(pages, "Environment", partial(Environment, bytecode_cache=_compiled))
    with ExitStack() as all_of_them:

        def one() -> Served:
            url = f"http://localhost:{free_port()}"
            monkeypatch.setenv("REKEY_CONSOLE_URL", url)
            console = all_of_them.enter_context(ExitStack())
            console.enter_context(listening())
            browser = all_of_them.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=30))
            return Served(url, ledger, browser, console)

        yield one


@pytest.fixture
def served(alone: None, ledger: Ledger, serve: Callable[[], Served]) -> Served:  # noqa: ARG001  # it sets the environment
    """A console of the shipped catalog and an empty ledger, which is no wrong one: it has a row."""
    # Before the console begins, which looks again for a ledger that is not there only after seconds.
    ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    running = serve()
    running.shows("Nothing waits for a person")
    return running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip that says why there is none."""
    path = chromium.found()
    if path is None and os.environ.get("REKEY_TEST_BROWSER") == "required":
        pytest.fail("There is no Chromium, and REKEY_TEST_BROWSER demands one.")
    if path is None:
        pytest.skip(f"There is no Chromium on this machine (looked for {', '.join(chromium.NAMES)}).")
    with chromium.started(path) as started:
        yield started


@pytest.fixture
def prefect_twin(monkeypatch: pytest.MonkeyPatch, alone: None) -> Iterator[PrefectTwin]:  # noqa: ARG001  # set before
    """Prefect, as the console's environment names it."""
    twin = PrefectTwin()
    server = twin.server()
    server.start()
    monkeypatch.setenv("PREFECT_API_URL", server.url("prefect"))
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", LOGIN)
    yield twin
    server.stop()


@pytest.fixture
def acting(alone: None, ledger: Ledger, serve: Callable[[], Served], monkeypatch: pytest.MonkeyPatch) -> Served:  # noqa: ARG001
    """A console with a login, and a rotation that waits for its pair; Prefect itself is not there."""
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", LOGIN)
    # Before the console begins, which looks again for a ledger that is not there only after seconds.
    ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    running = serve()
    running.start()
    running.wait()
    running.shows("enter the new pair")
    return running
