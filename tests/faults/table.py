"""What is known of the grid so far, and the table of it for docs/fault-grid.md."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from blocks.settings import ROOT
from tests.faults.calls import Call
from tests.faults.cell import ASKED, HELD, OUTCOMES, REFUSED, WENT_ON, Cell, Result
from tests.faults.faults import FAULTS, LASTING, LENGTHS, ONCE

KEPT = ROOT / ".rekey" / "fault-grid.jsonl"
PAGE = ROOT / "docs" / "fault-grid.md"
_SIGNS = {WENT_ON: "on", ASKED: "form", HELD: "held", REFUSED: "refused"}
_TITLES = {
    ONCE: "The call fails once",
    LASTING: "The call fails until somebody acts",
}
_NOT_RUN = "-"


def keep(cell: Cell, result: Result) -> None:
    """Append it; several shards may do so at once, a line is one write."""
    KEPT.parent.mkdir(mode=0o700, exist_ok=True)
    with KEPT.open("a") as file:
        file.write(json.dumps({"cell": str(cell), **asdict(result)}) + "\n")


def kept(path: Path = KEPT) -> dict[str, Result]:
    """The newest result of each cell, by its name."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    return {one.pop("cell"): Result(**one) for one in found}


def page(calls: list[Call], results: dict[str, Result]) -> str:
    """The whole page."""
    cells = [str(Cell(call, fault, length)) for call in calls for fault in FAULTS for length in LENGTHS]
    run = [results[one] for one in cells if one in results]
    counted = Counter(one.outcome for one in run)
    broken = sum(1 for one in run if one.violations)
    summary = "\n".join(f"| {outcome} | `{_SIGNS[outcome]}` | {counted[outcome]} |" for outcome in OUTCOMES)
    tables = "\n".join(f"## {_TITLES[length]}\n\n{_table(calls, length, results)}" for length in LENGTHS)
    alone = sum(1 for one in run if one.shared == 1)
    return f"""# What a live rotation makes of every fault

In each cell one vendor call failed in one way during a live rotation in a fresh sandbox, from the step in which it is
named. `make faults` fills the table in (`ARGS="--only REGEX"` and `ARGS="--shard 1/2"` run a part); {_NOT_RUN} was not
run.

{len(run)} of {len(cells)} cells were run; {broken} are broken. {len(run) - alone} shared a rotation with other cells,
in which the ledger and the faults that struck say whose fault a form was; {alone} had one of their own, among them all
cells of each group in which that was not plain or a promise was broken.

In every cell that was run the rotation ends completed, the estate is rotated, no application trades with a pair that
was not verified, no secret is where it should not be, no order is open, nothing is left in the vault's `rekey/` folder,
and every sentence that the operator is shown names the vendor and a remedy. A cell in which that is not so says
**broken**.

| outcome | sign | cells |
|---|---|---:|
{summary}

{tables}"""


def _table(calls: list[Call], length: str, results: dict[str, Result]) -> str:
    lines = [f"| step | call | {' | '.join(FAULTS)} |", f"|---|---|{'---|' * len(FAULTS)}"]
    for call in calls:
        path = call.path.replace("|", "\\|")
        cells = [_sign(results.get(str(Cell(call, fault, length)))) for fault in FAULTS]
        lines.append(f"| {call.step} | {call.vendor} `{call.method} {path}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _sign(result: Result | None) -> str:
    if result is None:
        return _NOT_RUN
    return "**broken**" if result.violations else _SIGNS[result.outcome]
