"""``make faults``: every vendor call of a live rotation, failing in every way; the result is docs/fault-grid.md.

What was run before with the same code is kept in .rekey/fault-grid.jsonl and shown as well; remove that file to begin
anew.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence

from blocks.settings import ROOT
from tests.chaos.machines import OWN
from tests.contracts.contract import CONTRACTS
from tests.faults import contracts, machines, table
from tests.faults.calls import Call, calls_of
from tests.faults.cell import Cell, Result
from tests.faults.grid import cells_of
from tests.faults.groups import grouped
from tests.faults.play import LIVE, each_settled, play
from tests.faults.shard import is_in
from tests.faults.workplace import Workplace, workplace
from tests.operator import Operator

# A server is used for so many rotations: what it keeps is searched for secrets, and that takes longer the more it is.
BATCH = 10
LOG = ROOT / ".rekey" / "fault-grid.log"


def main() -> int:
    """Run the cells that are asked for; 1 when a promise was broken."""
    options = _options()
    # Of what this process runs, whatever is changed while it does.
    table.code()
    LOG.parent.mkdir(mode=0o700, exist_ok=True)
    with LOG.open("ab") as log:
        # Where the runs write their logs. Progress goes to standard output.
        os.dup2(log.fileno(), sys.stderr.fileno())
        with workplace() as place:
            calls, others = _calls(place), {name: _calls_of(place, name) for name in (*CONTRACTS, *OWN)}
        groups = _chosen(calls, others, options)
        cells = sum(len(group) for group in groups)
        known = f"{len(calls)} calls and {sum(map(len, others.values()))} to other issuers"
        say(f"{known}, {cells} cells to run in {len(groups)} groups. The runs' logs: {LOG}")
        broken = _run(groups, calls, others)
    say(f"{broken} broken. {table.PAGE}" if broken else f"No promise was broken. {table.PAGE}")
    return 1 if broken else 0


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)  # noqa: T201  # this is the program's output


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression: 'verify: heroku', 'hang', 'lasting'")
    parser.add_argument("--shard", default="1/1", help="i/n: the i-th of n parts, of the same cells each time")
    parser.add_argument(
        "--missing",
        action="store_true",
        help="only cells that were not run yet with this code",
    )
    return parser.parse_args()


def _calls(place: Workplace) -> list[Call]:
    with place.operator() as operator:
        journal = operator.estate.server.journal
        outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential=LIVE)
        assert outcome.state.is_completed(), outcome.message
        return calls_of(journal.entries, operator.ledger)


def _calls_of(place: Workplace, credential: str) -> list[Call]:
    with place.operator() as operator:
        calls_in = machines.calls_in if credential in OWN else contracts.calls_in
        return calls_in(operator, credential)


def _chosen(calls: list[Call], others: dict[str, list[Call]], options: argparse.Namespace) -> list[list[Cell]]:
    known = table.kept() if options.missing else {}

    def wanted(cell: Cell) -> bool:
        return bool(re.search(options.only, str(cell))) and str(cell) not in known and is_in(options.shard, cell)

    groups = grouped([cell for cell in cells_of(calls) if wanted(cell)])
    return groups + [[cell] for cell in contracts.cells_of(others) if wanted(cell)]


def _run(groups: list[list[Cell]], calls: list[Call], others: dict[str, list[Call]]) -> int:
    broken, began = 0, time.monotonic()
    for first in range(0, len(groups), BATCH):
        results: list[tuple[Cell, Result]] = []
        with workplace() as place:
            for position, group in enumerate(groups[first : first + BATCH], start=first + 1):
                started = time.monotonic()
                results += _played(place, group)
                now = time.monotonic()
                say(f"[{position}/{len(groups)}, {(now - began) / 60:.0f} min] {len(group)} in {now - started:.0f} s")
        # Only now is it known that the server kept no secret.
        for cell, result in results:
            table.keep(cell, result)
            broken += bool(result.violations)
        table.PAGE.write_text(table.page(calls, table.kept(), others))
    table.PAGE.write_text(table.page(calls, table.kept(), others))
    return broken


def _played(place: Workplace, group: list[Cell]) -> list[tuple[Cell, Result]]:
    def in_one_rotation(cells: Sequence[Cell]) -> list[Result | None]:
        try:
            with place.operator() as operator:
                first = cells[0]
                if isinstance(first, contracts.KeyCell):
                    play_alone = machines.play if first.credential in OWN else contracts.play
                    return [play_alone(first, operator)]
                return play(cells, operator)
        except Exception as problem:
            say(f"    {len(cells)} together: {problem}".splitlines()[0])
            raise

    results = each_settled(group, in_one_rotation)
    for cell, result in zip(group, results, strict=True):
        say(f"  {cell}: {result.outcome}, {'alone' if result.shared == 1 else 'shared'}")
        for violation in result.violations:
            say(f"    BROKEN: {violation}")
    return list(zip(group, results, strict=True))


if __name__ == "__main__":
    sys.exit(main())
