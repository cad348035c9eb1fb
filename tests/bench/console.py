"""The console over many credentials: how fast its pages are, how large, and how soon an open page hears of news."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from blocks.ledger.lease import Lease
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.local.local_console import LocalConsole
from deployments.local.places import Places
from deployments.local.processes import free_port
from tests.bench.output import say
from tests.waiting import wait_until

CREDENTIALS, WAITING = 1_000, 20
TIMES, NEWS = 20, 9
PAGES = ("/", "/health", "/rotations/r-c-0000", "/credentials/c-0000/start")
# What a browser loads once and keeps, and what it loads when a pair is sealed.
FILES = ("/static/console.css", "/static/console.js", "/static/passkey.js", "/static/hpke/index.js")
RUN = "00000000-0000-4000-8000-000000000000"
ENTRY = """
[credential.{name}]
issuer = "alpaca"
realm = "paper"
role = "ops"
cadence_days = 180

[credential.{name}.vault]
environment = "prod"
path = "/{name}"
key_id = "KEY_ID"
secret = "SECRET"

[credential.{name}.alpaca.check_order]
kind = "none"

[[credential.{name}.consumers]]
kind = "heroku"
app = "{name}"
key_id = "KEY_ID"
secret = "SECRET"
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Milliseconds until the first byte and until the last one (medians), and bytes."""

    first_ms: float
    last_ms: float
    size: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Pages by path; bytes of the files; seconds until a page hears of a row, and until the page shows it."""

    pages: dict[str, Page]
    files: dict[str, int]
    heard_s: list[float]
    shown_s: list[float]


def measure(folder: Path) -> Measured:
    """Over as many credentials, of which some wait for a person."""
    places = Places.made(folder / "console")
    names = [f"c-{number:04d}" for number in range(CREDENTIALS)]
    places.catalog.write_text("".join(ENTRY.format(name=name) for name in names))
    url = SecretStr(f"sqlite:///{places.ledger}")
    ledger = Ledger(url)
    for name in names[: WAITING + NEWS]:
        Lease(url, name).take(RUN, None)
    for name in names:
        found = {"outcome": "ok", "depth": "light", "copies": {f"heroku {name}": "equal"}}
        ledger.append(Action.HEALTH_CHECKED, rotation="", credential=name, actor="rekey", context=found)
    for name in names[:WAITING]:
        _waits(ledger, name)
    places.write_worker_file(catalog=places.catalog, prefect_ui_url="http://127.0.0.1:1/v2")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("REKEY_", "PREFECT_"))}
    # Nobody counts for these runs; they live all the same.
    environment = {**inherited, "REKEY_CONFIG": str(places.worker_file), "REKEY_LEASE_S": "3600"}
    with LocalConsole(places, free_port(), environment) as console:
        console.start()
        with httpx.Client(base_url=console.url, trust_env=False, timeout=60) as browser:
            wait_until(
                lambda: f"{WAITING} rotations wait" in browser.get("/").text,
                description="all of them are shown",
            )
            pages = {path: _timed(browser, path) for path in PAGES}
            files = {path: len(browser.get(path).raise_for_status().content) for path in FILES}
            news = [_news(browser, ledger, name) for name in names[WAITING : WAITING + NEWS]]
    return Measured(pages, files, [heard for heard, _ in news], [shown for _, shown in news])


def _waits(ledger: Ledger, name: str) -> None:
    started = {"flow_run_id": RUN, "reason": "scheduled"}
    ledger.append(Action.STARTED, rotation=f"r-{name}", credential=name, actor="rekey", context=started)
    form = {"step": "await_human_input", "outcome": "waiting", "awaited": "the new pair", "form": "f", "run": RUN}
    ledger.append(Action.STEP, rotation=f"r-{name}", credential=name, actor="rekey", context=form)


def _timed(browser: httpx.Client, path: str) -> Page:
    # The first one may make a template; it is not counted.
    seen = [_asked(browser, path) for _ in range(TIMES + 1)][1:]
    return Page(
        statistics.median(one.first_ms for one in seen), statistics.median(one.last_ms for one in seen), seen[-1].size
    )


def _asked(browser: httpx.Client, path: str) -> Page:
    began = time.perf_counter()
    with browser.stream("GET", path) as answer:
        first = time.perf_counter() - began
        size = len(answer.raise_for_status().read())
    return Page(first * 1000, (time.perf_counter() - began) * 1000, size)


def _news(browser: httpx.Client, ledger: Ledger, name: str) -> tuple[float, float]:
    """Seconds from a row that was written until an open page is told, and until it shows that."""
    with browser.stream("GET", "/live") as events:
        lines = events.iter_lines()
        next(line for line in lines if line.startswith("event:"))
        _waits(ledger, name)
        began = time.perf_counter()
        next(line for line in lines if line == "event: changed")
        heard = time.perf_counter() - began
        while f"{name}: enter the new pair" not in browser.get("/").text:
            time.sleep(0.02)
        return heard, time.perf_counter() - began


def report(one: Measured) -> None:
    """Print it."""
    say(f"\nThe console over {CREDENTIALS} credentials, {WAITING} of which wait for a person; medians of {TIMES}\n")
    say("  page                            first byte       whole page")
    for path, page in one.pages.items():
        say(f"  {path:<28}{page.first_ms:10.0f} ms{page.last_ms:14.0f} ms {page.size / 1024:8.0f} KiB")
    say("  aim: first byte under 200 ms")
    for path, size in one.files.items():
        say(f"  {path:<56}{size / 1024:8.0f} KiB")
    heard, shown = statistics.median(one.heard_s), statistics.median(one.shown_s)
    say(f"\n  an open page hears of a new row after {heard:.2f} s (at most {max(one.heard_s):.2f})   aim: under 1 s")
    say(f"  and its page shows it after {shown:.2f} s (at most {max(one.shown_s):.2f})")
