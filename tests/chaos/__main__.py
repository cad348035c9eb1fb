"""``make chaos``: a rotation killed at every point and started again; the result is docs/crash-grid.md.

What was run before is kept in .rekey/crash-grid.jsonl and shown as well; remove that file to begin anew.
"""

from __future__ import annotations

import argparse
import re
import sys

from tests.chaos import leaving_scenes, ledger_scenes, server_scenes, table, worker_scenes
from tests.chaos.cell import Cell
from tests.chaos.contracts import answers_of, own_points
from tests.chaos.grid import cells_of, spread
from tests.chaos.machines import OWN, listed
from tests.chaos.points import Point, approved_of, frail_of, points_of, sealed_of
from tests.chaos.scene import Scene
from tests.chaos.workers import LOG, play_all, say, write_errors_to_the_log
from tests.contracts.contract import CONTRACTS, Contract, listed_alone
from tests.faults.shard import is_in
from tests.faults.workplace import Workplace, workplace
from tests.operator import Answer, Operator

CREDENTIALS: dict[str, tuple[Answer, ...]] = {
    "alpaca-live": (Operator.be_ready, Operator.regenerate_live),
    "alpaca-paper": (Operator.regenerate,),
}


# The longest first.
SCENES = [
    *server_scenes.scenes(),
    *worker_scenes.scenes(),
    *leaving_scenes.scenes(),
    *ledger_scenes.scenes(),
]


def main() -> int:
    """Run the cells that are asked for; 1 when a promise was broken."""
    options = _options()
    write_errors_to_the_log()
    with workplace() as place:
        points = {name: _points(place, name) for name in CREDENTIALS}
        points |= {**sealed_of(points), **approved_of("alpaca-live"), **frail_of("alpaca-live", points["alpaca-live"])}
        points |= {name: _points_of(place, one) for name, one in CONTRACTS.items()}
        points |= {name: _points_of_own(place, name) for name in OWN}
    cells = _chosen(points, options)
    count = sum(map(len, points.values()))
    say(f"{count} points, {len(SCENES)} scenes, {len(cells)} cells to run. The runs' logs: {LOG}")
    broken = play_all(cells, options.processes)
    table.PAGE.write_text(table.page(points, SCENES, table.kept()))
    say(f"{broken} broken. {table.PAGE}" if broken else f"No promise was broken. {table.PAGE}")
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression: 'alpaca-live . store', 'sealed', 'hang'")
    parser.add_argument("--shard", default="1/1", help="i/n: the i-th of n parts, of the same cells each time")
    parser.add_argument("--missing", action="store_true", help="only cells that were not run yet")
    parser.add_argument("--processes", type=int, default=3, help="how many cells are played at once")
    return parser.parse_args()


def _points(place: Workplace, credential: str) -> list[Point]:
    with place.operator() as operator:
        outcome = operator.rotate(*CREDENTIALS[credential], credential=credential)
        assert outcome.state.is_completed(), outcome.message
        return points_of(operator.estate.server.journal.entries, operator.ledger)


def _points_of(place: Workplace, contract: Contract) -> list[Point]:
    with place.operator() as operator:
        listed_alone(operator, contract)
        outcome = operator.rotate(*answers_of(contract), credential=contract.credential)
        assert outcome.state.is_completed(), outcome.message
        return own_points(points_of(operator.estate.server.journal.entries, operator.ledger))


def _points_of_own(place: Workplace, credential: str) -> list[Point]:
    with place.operator() as operator:
        listed(operator)
        outcome = operator.rotate(credential=credential)
        assert outcome.state.is_completed(), outcome.message
        return own_points(points_of(operator.estate.server.journal.entries, operator.ledger))


def _chosen(points: dict[str, list[Point]], options: argparse.Namespace) -> list[Cell | Scene]:
    cells = [cell for cell in spread(SCENES, cells_of(points)) if re.search(options.only, str(cell))]
    known = table.kept() if options.missing else {}
    return [cell for cell in cells if str(cell) not in known and is_in(options.shard, cell)]


if __name__ == "__main__":
    sys.exit(main())
