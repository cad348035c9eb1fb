"""What is known of the grid so far, and the page of it."""

from __future__ import annotations

import os
import statistics
from collections import Counter
from collections.abc import Mapping

from blocks.settings import ROOT
from tests import kept_results
from tests.failover.cells import FORM, MACHINE, POINTS, PROCESSES, WORKER, Cell, every, restored
from tests.failover.play import ANEW, HELD, NOT_KNOWN, TAKEN_OVER, WENT_ON, Result

KEPT = ROOT / ".rekey" / "failover.jsonl"
PAGE = ROOT / "docs" / "failover-grid.md"
_SIGNS = {WENT_ON: "on", TAKEN_OVER: "taken", HELD: "held", ANEW: "anew", NOT_KNOWN: "?"}
_NOT_RUN = "-"


def keep(cell: str, result: Result) -> None:
    """Append it."""
    kept_results.keep(KEPT, cell, result)


def kept() -> dict[str, Result]:
    """The newest result of each cell, by its name."""
    return kept_results.kept(KEPT, Result)


def page(results: Mapping[str, Result], week: str) -> str:
    """The whole page. ``week`` is the section of that."""
    return f"""# Killed in production

In each cell a process of [`make production`](how-to/production.md#the-rehearsal-without-containers) is killed (SIGKILL,
with what it started) at one point of a rotation of alpaca-live, and started again after five seconds, as the shipped
systemd units do. `make failover` fills the table in; `ARGS="--only REGEX"` and `ARGS="--missing"` run a part.

A number is the seconds from the kill to the ledger's row `secret.rotate.completed`, with what a robot operator does
meanwhile by Prefect's API through the proxy. Every wait of rekey is the default one. `on`: the run itself went on;
`taken`: `watch` started it again in another run; `held`: a step was held, and went on when the robot chose to retry;
`anew`: nothing was changed yet, so `watch` ended the rotation, and the robot started another one when it was told to;
`?`: it did not end in the time that a cell has, and nothing is known of it.
In every other cell that is not **broken** the estate itself shows a completed rotation with the pair that was entered
first, which was asked for once; nothing traded before its pair was verified; Prefect keeps nothing that was typed; the
ledger's chain is whole, and every process answers again. {_NOT_RUN} was not run. `*`: Prefect still showed the run that
was killed as running more than a minute after the end; the ledger says that its rotation is over.

A worker is the one that has the run. Its machine is lost with its disk, and stays away until the rotation is over. Of
three workers it sometimes has `watch`, too, which then comes again with the next minute. Of two API servers one is
killed. `nobody` is the measure: the same rotation, undisturbed, from the same point on.
Where the load average is above the number of processors, seconds say how busy the machine was, and no more.

{_totals(results)}

{_table(results)}
## Everything lost, and restored

All processes and all files are lost while a rotation is in the middle, also the folders of the workers; then both
databases and the secrets are restored from a backup, as [the page](how-to/production.md#backup-and-restore) says, with
an empty Redis and new workers. The backup was made while the form for the pair waited, with the brakes on. Nobody
starts the rotation again. Seconds are from the loss, with those in which everything is restored and started.

| lost | outcome |
|---|---|
{_restored(results)}
{week}{_broken(results)}"""


def _totals(results: Mapping[str, Result]) -> str:
    cells = [str(one) for one in every()]
    run = [results[one] for one in cells if one in results]
    counted = Counter(one.outcome for one in run if not one.violations)
    taken = [
        one.takeover
        for name, one in results.items()
        if name.split(" | ")[0] in {WORKER, MACHINE} and one.takeover is not None and not one.violations
    ]
    loads = [one.load for one in run]
    median = f"{statistics.median(taken):.0f} s" if taken else _NOT_RUN
    lines = [
        ("cells run", f"{len(run)} of {len(cells)}"),
        ("converged", str(sum(counted.values()) - counted[NOT_KNOWN])),
        *((f"of these: {one} (`{sign}`)", str(counted[one])) for one, sign in _SIGNS.items() if one != NOT_KNOWN),
        (f"not known: {NOT_KNOWN} (`{_SIGNS[NOT_KNOWN]}`)", str(counted[NOT_KNOWN])),
        ("broken", str(sum(1 for one in run if one.violations))),
        ("takeover of a dead run, median", median),
        ("takeover of a dead run, worst", f"{max(taken):.0f} s" if taken else _NOT_RUN),
        ("processors", str(os.cpu_count())),
        ("load average at the ends of the cells", f"{min(loads):.0f} to {max(loads):.0f}" if loads else _NOT_RUN),
    ]
    return "\n".join(["| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in lines)])


def _table(results: Mapping[str, Result]) -> str:
    lines = [f"| killed | {' | '.join(POINTS)} |", f"|---|{'---|' * len(POINTS)}"]
    for kind in PROCESSES:
        signs = [_sign(results.get(str(Cell(kind, point)))) for point in POINTS]
        lines.append(f"| {kind} | {' | '.join(signs)} |")
    return "\n".join(lines) + "\n"


def _restored(results: Mapping[str, Result]) -> str:
    when = {FORM: "right after the backup", "propagate": "later, when the vault already had the new pair"}
    signs = {one.point: _sign(results.get(str(one))) for one in restored()}
    told = {one.point: results[str(one)].told[1:] for one in restored() if str(one) in results}
    return "".join(f"| {when[one]} | {'; '.join([sign, *told.get(one, [])])} |\n" for one, sign in signs.items())


def _sign(result: Result | None) -> str:
    if result is None:
        return _NOT_RUN
    if result.violations:
        return "**broken**"
    if result.outcome == NOT_KNOWN:
        return _SIGNS[NOT_KNOWN]
    return f"{_SIGNS[result.outcome]} {result.seconds:.0f}{'*' if result.left else ''}"


def _broken(results: Mapping[str, Result]) -> str:
    """What is not as it must be, cell by cell."""
    lines = [f"- {name}: {'; '.join(one.violations)}" for name, one in results.items() if one.violations]
    return "\n## What is broken\n\n" + "\n".join(lines) + "\n" if lines else ""
