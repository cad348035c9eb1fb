"""``make faults``: every vendor call of a live rotation, failing in every way; the result is docs/fault-grid.md.

What was run before is kept in .rekey/fault-grid.jsonl and shown as well; remove that file to begin anew.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time

from blocks.settings import ROOT
from tests.faults import table
from tests.faults.calls import Call, calls_of
from tests.faults.cell import LIVE, Cell, Result, play
from tests.faults.faults import FAULTS, LENGTHS
from tests.faults.workplace import Workplace, workplace
from tests.operator import Operator

# A server is used for so many rotations: what it keeps is searched for secrets, and that takes longer the more it is.
BATCH = 25
LOG = ROOT / ".rekey" / "fault-grid.log"


def main() -> int:
    """Run the cells that are asked for; 1 when a promise was broken."""
    options = _options()
    LOG.parent.mkdir(mode=0o700, exist_ok=True)
    with LOG.open("ab") as log:
        # Where the runs write their logs. Progress goes to standard output.
        os.dup2(log.fileno(), sys.stderr.fileno())
        with workplace() as place:
            calls = _calls(place)
        cells = _chosen(calls, options)
        say(f"{len(calls)} calls, {len(cells)} cells to run. The runs' logs: {LOG}")
        broken = _run(cells, calls)
    say(f"{broken} broken. {table.PAGE}" if broken else f"No promise was broken. {table.PAGE}")
    return 1 if broken else 0


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)  # noqa: T201  # this is the program's output


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression: 'verify: heroku', 'hang', 'lasting'")
    parser.add_argument("--shard", default="1/1", help="i/n: every n-th cell, from the i-th on")
    parser.add_argument("--missing", action="store_true", help="only cells that were not run yet")
    return parser.parse_args()


def _calls(place: Workplace) -> list[Call]:
    with place.operator() as operator:
        journal = operator.estate.server.journal
        outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential=LIVE)
        assert outcome.state.is_completed(), outcome.message
        return calls_of(journal.entries, operator.ledger)


def _chosen(calls: list[Call], options: argparse.Namespace) -> list[Cell]:
    every = [Cell(call, fault, length) for call in calls for fault in FAULTS for length in LENGTHS]
    cells = [cell for cell in every if re.search(options.only, str(cell))]
    number, of = (int(part) for part in options.shard.split("/"))
    known = table.kept() if options.missing else {}
    return [cell for cell in cells[number - 1 :: of] if str(cell) not in known]


def _run(cells: list[Cell], calls: list[Call]) -> int:
    broken, began = 0, time.monotonic()
    for first in range(0, len(cells), BATCH):
        with workplace() as place:
            for position, cell in enumerate(cells[first : first + BATCH], start=first + 1):
                result = _played(place, cell)
                broken += bool(result.violations)
                table.keep(cell, result)
                minutes = (time.monotonic() - began) / 60
                say(f"[{position}/{len(cells)}, {minutes:.0f} min] {cell}: {result.outcome}, {result.seconds} s")
                for violation in result.violations:
                    say(f"    BROKEN: {violation}")
        table.PAGE.write_text(table.page(calls, table.kept()))
    table.PAGE.write_text(table.page(calls, table.kept()))
    return broken


def _played(place: Workplace, cell: Cell) -> Result:
    try:
        with place.operator() as operator:
            return play(cell, operator)
    except AssertionError as problem:
        # The person was shown something that nobody expects, or a secret was found somewhere.
        return Result("held and went on", 0.0, violations=[str(problem).splitlines()[0]])


if __name__ == "__main__":
    sys.exit(main())
