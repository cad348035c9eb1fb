"""A whole local rekey and a browser, once for the tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from prefect.settings import temporary_settings
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from blocks.prefect_api import registered
from deployments.local.demo import running
from deployments.local.local_console import url_of
from deployments.local.places import Places
from deployments.local.prefect_login import client_settings
from deployments.local.processes import LocalPrefect, free_port
from deployments.rehearsal.rehearse import WORKER
from deployments.rehearsal.robot import Robot
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from tests.browser import chromium
from tests.browser.pages import RUN_MS, Dashboard, Prefect
from tests.canaries import Canaries
from tests.waiting import wait_until

ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
# Deleted by this, or before.
GONE = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}


@dataclass
class Rekey:
    """Server, worker, deployment and estate: what `rekey demo` starts."""

    local: LocalPrefect
    estate: Estate = field(repr=False)
    places: Places
    # How many secrets had been made up before it.
    first: int
    # Where its runs take the console to be: what somebody signs there names that address.
    console_port: int
    # What was typed into a form since then.
    typed: set[str] = field(default_factory=set, repr=False)

    @property
    def origin(self) -> str:
        """The address of the Prefect server."""
        return f"http://127.0.0.1:{self.local.port}"

    @property
    def ledger(self) -> Ledger:
        """What the flow runs write."""
        return Ledger(SecretStr(f"sqlite:///{self.places.ledger}"))

    def use_catalog(self, text: str) -> None:
        """Another catalog, for every worker and registered: one that only its worker has would begin no rotation."""
        self.places.catalog.write_text(text, encoding="utf-8")
        with temporary_settings(client_settings(self.local.environment)):
            registered.note(self.ledger, self.places.catalog, "a test")

    @property
    def robot(self) -> Robot:
        """Asks Prefect's API what a person reads on the pages."""
        return Robot(self.estate.url("dashboard"), self.local.environment)

    def dashboard(self, environment: str) -> str:
        """The address of the dashboard."""
        return f"{self.estate.url('dashboard')}/{environment}/dashboard/overview"

    def paused_run(self) -> str | None:
        """The run that waits for its form."""
        filtered = {"flow_runs": {"state": {"type": {"any_": ["PAUSED"]}}}}
        found = self.robot.api.post("/flow_runs/filter", json=filtered).json()
        return str(found[0]["id"]) if found else None

    def end_what_runs(self) -> None:
        """Delete every rotation's run that is not over: its process ends, and the next start goes on where it was."""
        wait_until(
            lambda: all(self._is_over(run) for run in self.robot.runs()), description="Prefect deletes what runs"
        )

    def _is_over(self, run: Mapping[str, Any]) -> bool:
        """Whether it is, or is deleted by this."""
        return run["state_type"] in ENDED or self.robot.api.delete(f"/flow_runs/{run['id']}").status_code in GONE

    def form_key(self, run_id: str) -> str | None:
        """Under which key Prefect keeps the form that this run shows now; None while it shows none."""
        keyset = self.robot.form_of(self.robot.api.get(f"/flow_runs/{run_id}").json())
        return keyset["response"] if keyset else None

    def wait_for_another_form(self, run_id: str, than: str | None) -> None:
        """Until the form has come back: what was typed into the one before is judged."""
        wait_until(
            lambda: self.form_key(run_id) not in {None, than},
            description="the form comes back",
            timeout_s=RUN_MS / 1000,
        )


@pytest.fixture(scope="package")
def _chromium() -> str:
    path = chromium.found()
    if path is None and os.environ.get("REKEY_TEST_BROWSER") == "required":
        pytest.fail("There is no Chromium, and REKEY_TEST_BROWSER demands one.")
    if path is None:
        pytest.skip(f"There is no Chromium on this machine (looked for {', '.join(chromium.NAMES)}).")
    return path


@pytest.fixture(scope="package")
def rekey(_chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rekey]:
    """Started once: it takes longer than the tests."""
    first = len(made_up.issued)
    places = Places.made(tmp_path_factory.mktemp("rekey"))
    console_port = free_port()
    settings = {**WORKER, "REKEY_CONSOLE_URL": url_of(console_port)}
    with Estate() as estate, running(places, estate, free_port(), worker_settings=settings) as local:
        yield Rekey(local, estate, places, first, console_port)


@pytest.fixture(scope="package")
def browser(_chromium: str, rekey: Rekey) -> Iterator[Browser]:  # noqa: ARG001  # started first, and stopped last
    """One browser. While it runs, Prefect's client is not used in this thread: see ``chromium.started``."""
    with chromium.started(_chromium) as started:
        yield started


@pytest.fixture(autouse=True)
def _everything_is_searched(rekey: Rekey, canaries: Canaries) -> None:
    """Not only what this test makes up and types: everything since rekey was started."""
    canaries._first = rekey.first
    canaries.typed = rekey.typed
    canaries.folders.append(rekey.places.home)
    canaries.estate = rekey.estate


@pytest.fixture(autouse=True)
def _a_failed_test_leaves_no_run(request: pytest.FixtureRequest, rekey: Rekey) -> Iterator[None]:
    """The next test would answer its form, or wait for minutes because it can start none."""
    before = request.session.testsfailed
    yield
    if request.session.testsfailed > before:
        rekey.end_what_runs()


@pytest.fixture(scope="package")
def _shared_window(browser: Browser, rekey: Rekey) -> Iterator[BrowserContext]:
    """One window, because each new one would load all of Prefect's pages again. Somebody is logged in."""
    with chromium.window(browser) as context:
        Prefect(context.new_page(), rekey.local.ui_url).log_in(rekey.places.login())
        yield context


@pytest.fixture
def window(_shared_window: BrowserContext, rekey: Rekey) -> Iterator[BrowserContext]:
    """The browser's window, without tabs of other tests. Somebody is logged in."""
    # Prefect's page forgets the login when its first request fails, also because its tab was closed meanwhile (3.8.8).
    if not _is_logged_in(_shared_window):
        Prefect(_shared_window.new_page(), rekey.local.ui_url).log_in(rekey.places.login())
    yield _shared_window
    for tab in _shared_window.pages:
        tab.close()


def _is_logged_in(window: BrowserContext) -> bool:
    kept = [entry["name"] for origin in window.storage_state()["origins"] for entry in origin["localStorage"]]
    return "prefect-password" in kept


@pytest.fixture
def page(window: BrowserContext) -> Page:
    """The first tab."""
    return window.new_page()


@pytest.fixture
def prefect_pages(page: Page, rekey: Rekey) -> Prefect:
    """Prefect's V2 pages in the first tab."""
    return Prefect(page, f"{rekey.origin}/v2")


@pytest.fixture
def paused(prefect_pages: Prefect, rekey: Rekey) -> str:
    """A run that waits for its form, started by hand unless one waits already; its page is open."""
    run_id = rekey.paused_run()
    if run_id is None:
        return prefect_pages.start()
    prefect_pages.open_run(run_id)
    # Whoever leaves the page while it asks its first question makes it forget the login (3.8.8).
    prefect_pages.see("Paused")
    return run_id


@pytest.fixture
def regenerated(window: BrowserContext, rekey: Rekey) -> Pair:
    """A fresh pair of the right account, copied from the dashboard; it will be typed."""
    tab = window.new_page()
    tab.goto(rekey.dashboard("paper"))
    pair = Dashboard(tab).regenerate()
    rekey.typed.add(pair.secret.get_secret_value())
    return pair
