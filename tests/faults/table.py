"""What is known of the grid so far, and the table of it for docs/fault-grid.md.

Each result is kept with a digest of the code that it was found with, and is known no more once that has changed.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from blocks.settings import ROOT
from tests import kept_results
from tests.faults import contracts
from tests.faults.calls import Call
from tests.faults.cell import ASKED, ENDED, HELD, OUTCOMES, REFUSED, WENT_ON, Cell, Result
from tests.faults.faults import FAULTS, LASTING, ONCE
from tests.faults.grid import Section, cells_of, sections

KEPT = ROOT / ".rekey" / "fault-grid.jsonl"
PAGE = ROOT / "docs" / "fault-grid.md"
_SIGNS = {WENT_ON: "on", ASKED: "form", HELD: "held", REFUSED: "refused", ENDED: "ended"}
_NOT_RUN = "-"
_PRODUCT = ("flows", "tasks", "blocks")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def digest_of(folders: Iterable[Path]) -> str:
    """Short, of the names of all sources in them and of what they do: not of comments and docstrings."""
    found = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            text = _without_prose(file.read_text()).encode()
            found.update(f"{file.relative_to(folder.parent)} {len(text)}\n".encode() + text)
    return found.hexdigest()[:12]


def _without_prose(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.unparse(tree)


@cache
def code() -> str:
    """The digest of the product, as it was when this process first asked."""
    return digest_of(ROOT / name for name in _PRODUCT)


def keep(cell: Cell, result: Result) -> None:
    """Append it."""
    kept_results.keep(KEPT, str(cell), result, code())


def kept() -> dict[str, Result]:
    """The newest result of each cell, of those that were found with this very code, by its name."""
    return kept_results.kept(KEPT, Result, code())


def page(calls: list[Call], results: dict[str, Result], others: Mapping[str, list[Call]] | None = None) -> str:
    """The whole page. ``others`` are the calls to issuers of other contracts, by credential."""
    others = others or {}
    cells = [str(cell) for cell in (*cells_of(calls), *contracts.cells_of(others))]
    run = [results[one] for one in cells if one in results]
    counted = Counter(one.outcome for one in run)
    broken = sum(1 for one in run if one.violations)
    summary = "\n".join(f"| {outcome} | `{_SIGNS[outcome]}` | {counted[outcome]} |" for outcome in OUTCOMES)
    tables = "\n".join(f"## {one.title}\n\n{_table(one, results)}" for one in sections(calls))
    tables += "".join(f"\n## {name}: its issuer fails\n\n{_of(name, some, results)}" for name, some in others.items())
    alone = sum(1 for one in run if one.shared == 1)
    return f"""# What a live rotation makes of every fault

In each cell one vendor call failed in one way during a live rotation in a fresh sandbox, from the step in which it is
named. `make faults` fills the tables in; `ARGS="--only REGEX"`, `ARGS="--shard 1/2"` and `ARGS="--missing"` run a part.
The page is about the code with the digest `{code()}` (`flows/`, `tasks/`, `blocks/`, without comments and
docstrings), and {_NOT_RUN} was not run with it.

{len(run)} of {len(cells)} cells were run; {broken} are broken. {len(run) - alone} shared a rotation with other cells,
in which the ledger and the faults that struck say whose fault a form was; {alone} had one of their own, among them all
cells of each group in which that was not plain or a promise was broken.

In every cell that was run the rotation ends completed, the estate is rotated, no secret is where it should not be, no
order is open, and nothing is left in the vault's `rekey/` folder. No application trades between the pause and the proof
of the very pair that it then has, and none does while the form shows the dashboard link, or that of a held rotation
without saying so. Every problem that the operator is shown names the vendor that failed and a remedy of its own, also
where several are listed. A form comes once: not again when its fault is mended. What fails until somebody acts is told
by a form or a refusal, but for the few calls in `tests/faults/alone.py`, each with its reason. A cell in which any of
that is not so says **broken**.

The last tables are of credentials that other issuers replace in another way: a person ends the old key, rekey revokes
it, it dies by a clock, the vendor is declared in the catalog, or an API makes the new key and no person is asked. Each
cell is a rotation of its own, in which their issuer fails while the new key is judged, when all was written, or while
the old one is ended, and where an API makes it also before that and meanwhile; `/` stands between what fails once and
what lasts. At its end the new key is everywhere, and the old one is dead, at its date where it has one.

| outcome | sign | cells |
|---|---|---:|
{summary}

{tables}"""


def _table(section: Section, results: dict[str, Result]) -> str:
    faults = section.faults
    lines = [f"| step | call | {' | '.join(faults)} |", f"|---|---|{'---|' * len(faults)}"]
    for call in section.calls:
        path = call.path.replace("|", "\\|")
        cells = [_sign(results.get(str(Cell(call, fault, section.length)))) for fault in faults]
        lines.append(f"| {call.step} | {call.vendor} `{call.method} {path}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _of(credential: str, calls: Sequence[Call], results: Mapping[str, Result]) -> str:
    lines = [f"| step | call | {' | '.join(FAULTS)} |", f"|---|---|{'---|' * len(FAULTS)}"]
    for call in calls:
        signs = [_both(credential, call, fault, results) for fault in FAULTS]
        lines.append(f"| {call.step} | {call.vendor} `{call.method} {call.path}` | {' | '.join(signs)} |")
    return "\n".join(lines) + "\n"


def _both(credential: str, call: Call, fault: str, results: Mapping[str, Result]) -> str:
    once = _sign(results.get(str(contracts.KeyCell(call, fault, ONCE, credential))))
    if fault not in contracts.WAYS_THAT_LAST:
        return once
    return f"{once} / {_sign(results.get(str(contracts.KeyCell(call, fault, LASTING, credential))))}"


def _sign(result: Result | None) -> str:
    if result is None:
        return _NOT_RUN
    return "**broken**" if result.violations else _SIGNS[result.outcome]
