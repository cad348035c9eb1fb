"""``make failover``: each kind of process killed at five points of a live rotation, into docs/failover-grid.md.

What was run before is kept in .rekey/failover.jsonl and shown as well; remove that file to begin anew. ``--week`` is
no part of it: everything is restarted each day, for a week.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence

from blocks.settings import ROOT
from deployments.cli.on_this_machine import stop_on_signals
from deployments.production.here import Here
from deployments.production.production import WORKERS, Production
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from deployments.terminal.telling import say
from tests.chaos.invariants import ESTATE, LITTER
from tests.failover import days, table, week
from tests.failover.cells import EVERYTHING, Cell, every, restored
from tests.failover.play import NOT_KNOWN, Play, Result, prepare
from tests.failover.restored import played
from tests.failover.silence import secrets_told

HOME = ROOT / ".rekey" / "failover"

# What is to be played next would not begin as it should.
NOT_ENDED = (ESTATE, LITTER)


def main() -> int:
    """Play the cells that are asked for; 1 when a promise was broken."""
    options = _options()
    stop_on_signals()
    chosen = _chosen(options)
    broken, left = 0, list(chosen)
    say("A week to play." if options.week else f"{len(left)} cells to play.")
    try:
        if options.week:
            return _week()
        while left:
            broken += _restored(left.pop(0)) if left[0].kind == EVERYTHING else _played(left)
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    _write_page()
    say(f"{broken} broken. {table.PAGE}" if broken else f"No promise was broken. {table.PAGE}")
    return 1 if broken else 0


def _week() -> int:
    """All of it or nothing: a day means little without those before it."""
    found = week.played(HOME.with_name("failover-week"))
    for number, day in enumerate(found, 1):
        days.keep(number, day)
    page = table.PAGE.read_text()
    table.PAGE.write_text(page.replace(days.written(page), days.section(days.kept())))
    return 1 if any(day.violations for day in found) else 0


def _write_page() -> None:
    table.PAGE.write_text(table.page(table.kept(), days.written(table.PAGE.read_text())))


def _options() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.failover", description=__doc__)
    reader.add_argument("--only", default="", help="a regular expression: 'worker', 'PostgreSQL . verify'")
    reader.add_argument("--missing", action="store_true", help="only cells that were not played yet")
    reader.add_argument("--week", action="store_true", help="everything restarted each day of a week; nothing else")
    return reader.parse_args()


def _chosen(options: argparse.Namespace) -> list[Cell]:
    known = table.kept() if options.missing else {}
    return [one for one in (*every(), *restored()) if re.search(options.only, str(one)) and str(one) not in known]


def _played(left: list[Cell]) -> int:
    """In one production, up to the first without a good end; how many are broken. What was played leaves the list."""
    broken = 0
    shutil.rmtree(HOME, ignore_errors=True)
    with Estate() as estate, Production(Here.made(HOME, WORKERS), estate) as production:
        prepare(production)
        while left and left[0].kind != EVERYTHING:
            cell = left.pop(0)
            result = _result(Play(production, cell).play)
            _keep(cell, result)
            broken += bool(result.violations)
            if result.outcome == NOT_KNOWN or any(one.startswith(NOT_ENDED) for one in result.violations):
                shutil.rmtree(HOME.with_name("failover-broken"), ignore_errors=True)
                shutil.copytree(HOME / "logs", HOME.with_name("failover-broken"))
                return broken
        return broken + _silent(production)


def _restored(cell: Cell) -> int:
    """In a production of its own; 1 when it is broken."""
    result = _result(lambda: played(cell, HOME.with_name("failover-restored")))
    _keep(cell, result)
    return 1 if result.violations else 0


def _keep(cell: Cell, result: Result) -> None:
    result.load = os.getloadavg()[0]
    table.keep(str(cell), result)
    beside = "; ".join([*result.violations, *result.told, *result.left])
    say(f"{cell}: {result.outcome} {result.seconds:.1f} s {beside}")
    _write_page()


def _result(play: Callable[[], Result]) -> Result:
    try:
        return play()
    except Exception as error:  # noqa: BLE001  # a grid goes on with the next cell
        return Result("not played", 0.0, violations=[f"{ESTATE}: {type(error).__name__}: {error}"[:300]])


def _silent(production: Production) -> int:
    found: Sequence[str] = secrets_told(production, made_up.issued)
    for one in found:
        say(f"a secret is in {one}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
