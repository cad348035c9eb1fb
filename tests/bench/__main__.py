"""``make bench``: how fast rotations are, how many requests they make, and how long trading stands still.

A real Prefect server and worker, the sandbox, a robot operator. Figures are medians over the rotations of this run;
ratios compare figures of the same run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from prefect.settings import temporary_settings

from deployments.local.demo import ledger_of, running
from deployments.local.local_console import LocalConsole, url_of
from deployments.local.places import Places
from deployments.local.prefect_login import client_settings
from deployments.local.processes import LocalPrefect, free_port
from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import PAPER, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from tests.bench import (
    by_hand,
    console,
    deaths,
    entry,
    hands,
    health,
    left,
    live,
    live_report,
    outage,
    paper,
    production,
    questions,
    terminal,
    varied,
    waiting,
    watching,
)
from tests.bench.options import chosen
from tests.bench.output import say
from tests.browser import chromium


def main() -> int:
    """Measure and print."""
    options = chosen()
    with tempfile.TemporaryDirectory(prefix="rekey-bench-") as folder:
        _with_servers_of_their_own(options, Path(folder))
        if not _needs_a_server(options):
            return 0
        places = Places.made(Path(folder))
        # The server's access log is what requests are counted from.
        logged = {"PREFECT_SERVER_LOGGING_LEVEL": "INFO"}
        console_port = free_port()
        named = {"REKEY_CONSOLE_URL": url_of(console_port)}
        with Estate() as estate, running(places, estate, free_port(), logged, named) as prefect:
            if options.terminal:
                terminal.report(prefect)
            robot = Robot(estate.url("dashboard"), prefect.environment)
            if options.paper:
                # The first one imports and compiles; it is not counted.
                access = places.logs / "prefect-server.log"
                paper.report([paper.measure(robot, estate, access) for _ in range(options.paper + 1)][1:])
            if options.entries or options.hands:
                _acts(options, robot, prefect, console_port)
            _health(options, estate, prefect, Path(folder))
            if options.minutes:
                with temporary_settings(client_settings(prefect.environment)):
                    deaths.report(
                        deaths.measure(estate, places.catalog, options.minutes, max(1, options.minutes // 500))
                    )
                # The live part needs the estate as it was.
                estate.infisical.put(
                    estate.project_id,
                    VAULT_ENVIRONMENT,
                    VAULT_PATH,
                    dict(zip(PAPER, estate.paper.regenerate(), strict=True)),
                )
            if options.live:
                _live(options, robot, estate, prefect)
    return 0


def _with_servers_of_their_own(options: argparse.Namespace, folder: Path) -> None:
    """What needs none, or makes one for itself."""
    if options.rows:
        questions.report([questions.measure(folder, count) for count in options.rows])
    if options.console:
        console.report(console.measure(folder))
    if options.outage:
        outage.report(outage.measure())
    if options.left:
        left.report(left.measure(options.left))
    if options.production:
        production.report(options.production, production.measure(options.production))


def _needs_a_server(options: argparse.Namespace) -> bool:
    parts = (
        options.paper,
        options.health,
        options.watch,
        options.waiting,
        options.varied,
        options.minutes,
        options.live,
        options.terminal,
    )
    return any(parts) or bool(options.entries or options.hands)


def _health(options: argparse.Namespace, estate: Estate, prefect: LocalPrefect, folder: Path) -> None:
    if options.varied:
        varied.report(varied.measure(estate, prefect, folder, options.varied))
    if options.health:
        health.report(health.measure(estate, prefect, folder, count) for count in options.health)
    if options.waiting:
        waiting.report(waiting.measure(estate, prefect, folder, runs) for runs in waiting.RUNS)
    if options.watch:
        watching.report(
            watching.measure(estate, prefect, folder, count, latency_s)
            for count in options.watch
            for latency_s in watching.LATENCIES_S
        )


def _acts(options: argparse.Namespace, robot: Robot, prefect: LocalPrefect, console_port: int) -> None:
    """What somebody does on the console, and what comes of it."""
    places = prefect.places
    with LocalConsole(places, console_port, prefect.environment) as running_console:
        running_console.start()
        if options.entries:
            somebody = entry.AtConsole(running_console.url, places.login())
            entry.report(entry.measure(robot, ledger_of(places), somebody, options.entries))
        browser = chromium.found()
        if options.hands and browser is None:
            say("\nHands are left out: there is no Chromium on this machine.")
        elif options.hands and browser:
            hands.report(hands.measure(robot, browser, running_console.url, prefect.ui_url, places.login()))


def _live(options: argparse.Namespace, robot: Robot, estate: Estate, prefect: LocalPrefect) -> None:
    live.slow_down(estate)
    latencies = live.latencies(estate)
    measured = [live.measure(robot, estate) for _ in range(options.live)]
    prefect.check()
    script = None
    if options.by_hand:
        missing = by_hand.missing()
        if missing:
            say(f"\nThe operating procedure by hand is left out: {', '.join(missing)} is not installed.")
        else:
            script = by_hand.measure(robot, estate)
    live_report.report(measured, script, latencies)


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    say(f"\n  measured in {time.monotonic() - started:.0f} s")
    sys.exit(code)
