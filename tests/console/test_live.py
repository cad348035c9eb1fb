"""A page that is open hears of what is new."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx
import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.ledger.history import History
from blocks.ledger.lease import Lease, held
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.console import live
from deployments.console.known import Reader
from deployments.console.session import OPEN_COOKIE, Session
from tests.console.conftest import RUN, Served
from tests.console.prefect_twin import LOGIN, PrefectTwin
from tests.console.waits import CREDENTIAL, ROTATION, Waits
from tests.waiting import wait_until


@contextmanager
def listening(served: Served) -> Iterator[list[str]]:
    """The events of a page, as they come."""
    heard: list[str] = []
    with (
        httpx.Client(base_url=served.url, trust_env=False, timeout=30) as browser,
        browser.stream("GET", "/live") as events,
    ):
        assert events.headers["content-type"].startswith("text/event-stream")

        def listen() -> None:
            try:
                for line in events.iter_lines():
                    heard.extend([line] if line.startswith("event:") else [])
            except (httpx.HTTPError, httpx.StreamError):
                return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield heard


def test_what_is_new_is_told(served: Served) -> None:
    with listening(served) as heard:
        wait_until(lambda: heard == ["event: still"], description="the page is told that it is up to date")
        served.start()
        served.wait()

        wait_until(lambda: "event: changed" in heard, description="the page hears of it")


def test_a_page_that_took_long_to_make_does_not_name_what_came_meanwhile(
    prefect_twin: PrefectTwin, ledger: Ledger, serve: Callable[[], Served]
) -> None:
    """It would be taken for up to date, and stand there without the form that came."""
    waits = Waits.begun(ledger, serve, prefect_twin)
    served = waits.served
    cookie = {"Cookie": f"{OPEN_COOKIE}={Session(SecretStr(LOGIN), served.url).begin('Sam')}"}
    taken = {"taker": "Sam", "instead_of": "", "why": ""}
    ledger.append(Action.TAKEN, rotation=ROTATION, credential=CREDENTIAL, actor="claimed", context=taken)
    served.shows("Taken by Sam")
    before = version_of(served.text())
    prefect_twin.quick.clear()
    with ThreadPoolExecutor() as beside:
        page = beside.submit(served.browser.get, f"/rotations/{ROTATION}", headers=cookie)
        assert prefect_twin.kept_waiting.wait(30)
        served.start("alpaca-live", rotation="r-beside")
        wait_until(lambda: version_of(served.text()) > before, description="the console knows of it", timeout_s=30)
        prefect_twin.quick.set()

        assert version_of(page.result(30).text) == before


def version_of(page: str) -> int:
    """How new a page says to be."""
    found = re.search(r'data-version="(\d+)"', page)
    assert found is not None
    return int(found[1])


def test_a_page_that_is_closed_costs_nothing_more(served: Served) -> None:
    """Opened and closed again and again."""
    with ExitStack() as pages:
        for _ in range(3):
            opened = [pages.enter_context(listening(served)) for _ in range(4)]
            for heard in opened:
                wait_until(partial(bool, heard), description="all hear")
            pages.close()

    with listening(served) as heard:
        wait_until(lambda: bool(heard), description="it is heard")


def test_too_many_open_pages_are_told_to_close_some(
    alone: None,  # noqa: ARG001  # it sets the environment
    serve: Callable[[], Served],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "MOST", 3)
    served = serve()
    with ExitStack() as pages:
        opened = [pages.enter_context(listening(served)) for _ in range(3)]
        wait_until(lambda: all(opened), description="all hear")

        answer = served.browser.get("/live")

    assert answer.status_code == 503
    assert "Close some" in answer.text


def test_a_run_lives_while_it_counts_and_not_longer(served: Served) -> None:
    """Before anybody watched long enough it is unknown."""
    served.start()
    settings = read_settings().model_copy(update={"lease_s": 1.0})
    reader = Reader(settings)
    lease = Lease(settings.ledger_url, "alpaca-paper")
    lease.take(RUN, lease.look())

    def lives() -> Answer:
        reader.look()
        row = served.ledger.open_start("alpaca-paper")
        assert row is not None
        return reader._seeing("alpaca-paper", row, History()).lives  # what its sentences are made of

    assert lives() is Answer.UNKNOWN
    with held(lease, print, settings.lease_s):
        wait_until(lambda: lives() is Answer.YES, description="it counts")
    wait_until(lambda: lives() is Answer.NO, description="nobody counts")
