"""What is known of the grid so far, and the page of it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from blocks.settings import ROOT
from tests import kept_results
from tests.chaos.cell import Cell
from tests.chaos.faults import EVERY
from tests.chaos.grid import cells_of
from tests.chaos.invariants import BRAKES, LITTER, LOSS, PAIR
from tests.chaos.play import AGAIN, ASKED, CONVERGED, HELD, OUTCOMES, Result
from tests.chaos.points import Point
from tests.chaos.scene import Scene

KEPT = ROOT / ".rekey" / "crash-grid.jsonl"
PAGE = ROOT / "docs" / "crash-grid.md"
_SIGNS = {CONVERGED: "on", HELD: "held", ASKED: "form", AGAIN: "again"}
_NOT_RUN = "-"
_NO_CELL = ""


def keep(cell: str, result: Result) -> None:
    """Append it."""
    kept_results.keep(KEPT, cell, result)


def kept() -> dict[str, Result]:
    """The newest result of each cell, by its name."""
    return kept_results.kept(KEPT, Result)


def page(points: Mapping[str, Sequence[Point]], scenes: Sequence[Scene], results: Mapping[str, Result]) -> str:
    """The whole page. ``points`` are by credential."""
    cells = [str(one) for one in (*scenes, *cells_of(points))]
    run = [results[one] for one in cells if one in results]
    tables = "\n".join(f"## {name}\n\n{_table(name, some, set(cells), results)}" for name, some in points.items())
    return f"""# Killed anywhere, started again

In each cell a rotation is killed (SIGKILL) at one point, started again in a new process, and meets one fault then: in
the step in which it was killed, once. `make chaos` fills the table in; `ARGS="--only REGEX"`, `ARGS="--shard 1/8"` and
`ARGS="--missing"` run a part. What is random in a cell follows from its name, so that a cell can be run again.

In every cell that was run the invariants I1 to I8 of the design hold right after the kill and at the end, and the
estate itself shows a completed rotation with the pair that was submitted first; one in which that is not so says
**broken**. {_NOT_RUN} was not run; an empty one is no cell. At every point the rotation is killed without a fault
(`none`). From the brakes on it also meets, in one cell each, a request that hangs, one that is applied but not
answered, and one that is refused: by 500, 429 or a reset connection in turn, so that each write meets all three over
its moments. What both credentials do alike is combined with faults once. `make faults` lets every single call fail in
every way without a kill. Credentials whose keys are replaced in another way (a person ends the old one, rekey revokes
it, it dies by a clock, a declared vendor) are killed without a fault, from the form on; at the end of each of these
the new key is in use, the old one is proved dead, at its date where it has one, and nothing of them is left. The
applications of one that is `frail` fail as long as they have the dead pair: it is killed without a fault from the form
to the last write of the new one.

A number is the seconds from the restart to the ledger's row `secret.rotate.completed`, with very short waits; {LEASE}
of them is the time after which a dead run's lease is taken over. A sign in brackets: the fault found nothing to strike,
because what it would have struck was done already.

{_totals(cells, run)}

## What breaks beside the process

The process is not killed here (a worker that is lost may take it along): the worker, the Prefect server or the ledger's
database fails under a rotation of alpaca-live. Seconds are from the moment in which it is there again.

{_infrastructure(scenes, results)}

{tables}"""


LEASE = "1.5 s"


def _infrastructure(scenes: Sequence[Scene], results: Mapping[str, Result]) -> str:
    lines = ["| what | when | outcome |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {one.what} | {one.when} | {_sign(results.get(str(one)))} |" for one in scenes)])


def _totals(cells: list[str], run: list[Result]) -> str:
    counted = Counter(one.outcome for one in run if not one.violations)
    seconds = sorted(one.seconds for one in run if not one.violations)
    shown = (f"{statistics.median(seconds):.1f} s", f"{seconds[-1]:.1f} s") if seconds else (_NOT_RUN, _NOT_RUN)
    lines = [
        ("cells run", f"{len(run)} of {len(cells)}"),
        ("converged", str(sum(counted.values()))),
        *((f"of these: {outcome} (`{_SIGNS[outcome]}`)", str(counted[outcome])) for outcome in OUTCOMES),
        ("broken", str(sum(1 for one in run if one.violations))),
        ("secrets lost", _broken(run, LOSS)),
        ("brakes released wrongly", _broken(run, BRAKES)),
        ("mixed pairs seen", _broken(run, PAIR)),
        ("litter left", _broken(run, LITTER)),
        ("median time to converge after the restart", shown[0]),
        ("worst time to converge after the restart", shown[1]),
    ]
    return "\n".join(["| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in lines)])


def _broken(run: list[Result], invariant: str) -> str:
    return str(sum(1 for one in run if any(text.startswith(f"{invariant}:") for text in one.violations)))


def _table(credential: str, points: Iterable[Point], cells: Collection[str], results: Mapping[str, Result]) -> str:
    lines = [f"| step | killed at | moment | {' | '.join(EVERY)} |", f"|---|---|---|{'---|' * len(EVERY)}"]
    for point in points:
        names = [str(Cell(credential, point, fault)) for fault in EVERY]
        signs = [_sign(results.get(name)) if name in cells else _NO_CELL for name in names]
        lines.append(f"| {point.step} | `{point.what}` | {point.moment} | {' | '.join(signs)} |")
    return "\n".join(lines) + "\n"


def _sign(result: Result | None) -> str:
    if result is None:
        return _NOT_RUN
    if result.violations:
        return "**broken**"
    sign = f"{_SIGNS[result.outcome]} {result.seconds:.1f}"
    return sign if result.met else f"({sign})"
