"""The console over many credentials: how fast its pages are, how large, and how soon an open page hears of news."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from blocks.ledger.ledger import Action, Ledger
from deployments.local.local_console import LocalConsole
from deployments.local.places import Places
from deployments.local.processes import free_port
from tests.bench.output import say

CREDENTIALS, WAITING = 1_000, 20
TIMES = 20
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
class Measured:
    """Milliseconds (medians) and bytes by page; seconds until a page hears of a row, and until the page shows it."""

    pages: dict[str, tuple[float, int]]
    heard_s: float
    shown_s: float


def measure(folder: Path) -> Measured:
    """Over as many credentials, of which some wait for a person."""
    places = Places.made(folder / "console")
    names = [f"c-{number:04d}" for number in range(CREDENTIALS)]
    places.catalog.write_text("".join(ENTRY.format(name=name) for name in names))
    ledger = Ledger(SecretStr(f"sqlite:///{places.ledger}"))
    for name in names:
        found = {"outcome": "ok", "depth": "light", "copies": {f"heroku {name}": "equal"}}
        ledger.append(Action.HEALTH_CHECKED, rotation="", credential=name, actor="rekey", context=found)
    for name in names[:WAITING]:
        _waits(ledger, name)
    places.write_worker_file(catalog=places.catalog, prefect_ui_url="http://127.0.0.1:1/v2")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("REKEY_", "PREFECT_"))}
    environment = {**inherited, "REKEY_CONFIG": str(places.worker_file)}
    with LocalConsole(places, free_port(), environment) as console:
        console.start()
        with httpx.Client(base_url=console.url, trust_env=False, timeout=60) as browser:
            while f"{WAITING} rotations wait" not in browser.get("/").text:
                time.sleep(0.1)
            pages = {path: _timed(browser, path) for path in ("/", "/health", "/rotations/r-c-0000")}
            heard, shown = zip(*(_news(browser, ledger, name) for name in names[WAITING : WAITING + 5]), strict=True)
    return Measured(pages, statistics.median(heard), statistics.median(shown))


def _waits(ledger: Ledger, name: str) -> None:
    started = {"flow_run_id": RUN, "reason": "scheduled"}
    ledger.append(Action.STARTED, rotation=f"r-{name}", credential=name, actor="rekey", context=started)
    form = {"step": "await_human_input", "outcome": "waiting", "awaited": "the new pair", "form": "f", "run": RUN}
    ledger.append(Action.STEP, rotation=f"r-{name}", credential=name, actor="rekey", context=form)


def _timed(browser: httpx.Client, path: str) -> tuple[float, int]:
    def ask() -> int:
        answer = browser.get(path)
        answer.raise_for_status()
        return len(answer.content)

    return statistics.median(_seconds(ask) for _ in range(TIMES)) * 1000, ask()


def _seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


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
    say(f"\nThe console over {CREDENTIALS} credentials, {WAITING} of which wait for a person")
    for path, (milliseconds, size) in one.pages.items():
        say(f"  {path:<24}{milliseconds:8.0f} ms {size / 1024:8.0f} KiB")
    say(f"  an open page hears of a new row after {one.heard_s:.2f} s, and shows it after {one.shown_s:.2f} s")
