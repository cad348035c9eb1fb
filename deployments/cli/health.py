"""``rekey health`` and the matrix of ``rekey status``: how every credential is, for the terminal and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from blocks.catalog import Catalog
from blocks.check import Depth, Outcome
from blocks.errors import RekeyError, StepError
from blocks.ledger import cadence
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED
from deployments.local.ask_prefect import quiet_sdk
from deployments.terminal.tables import print_table, print_text

DRIFT = "drift"
COLUMNS = (
    "credential", "environment", "role", "cadence", "last rotated", "next due", "last rehearsed", "state",
)  # fmt: skip
WORDS = (
    "last rehearsed: when a full health run last found that a rotation would work. state: what the newest health run "
    "found. Each copy below its credential: equal (its value was read), consistent by time (nobody touched it since), "
    "proved (asked there), cannot be read, or not looked at yet. all credentials: what they share, such as a "
    "worker and the people on call."
)


def examined(credential: str, *, full: bool) -> dict[str, Any]:
    """Run the flow ``health`` in this process: ``outcome``, ``matrix`` and ``checks``. Raises RekeyError.

    Prefect is asked first, so that a wrong address or login is one sentence. What the run logs is on its page.
    """
    quiet_sdk()
    from deployments.cli.reach import prefect_answers  # noqa: PLC0415  # Prefect takes seconds to import
    from flows.health import health  # noqa: PLC0415  # the same

    with prefect_answers("run health"):
        state: Any = health(credential=credential, depth=Depth.FULL if full else Depth.LIGHT, return_state=True)
    found = getattr(state.data, "result", None)
    if isinstance(found, RekeyError):
        raise found
    if not isinstance(found, dict):
        raise StepError(f"Nothing was examined: {state.message}", "Look at the run in the Prefect UI.")
    return found


def print_found(found: Mapping[str, Any]) -> None:
    """The matrix, then what is not ok with what to do, then a sum."""
    print_matrix(found["matrix"])
    checks = found["checks"]
    wrong = [one for one in checks if one["outcome"] != Outcome.OK]
    print_text()
    for one in wrong:
        print_text(f"{one['outcome'].upper()}  {one['credential']}: {one['called']}")
        print_text(f"{one['what']} {one['what to do']}", indent=4)
    print_text(f"{len(checks) - len(wrong)} of {len(checks)} checks are ok.")


def matrix_of(ledger: Ledger | None, catalog: Catalog) -> list[dict[str, str]]:
    """The matrix as the ledger knows it, without asking anybody. Raises LedgerError."""
    now = datetime.now(UTC)
    return [*(cadence.line_of(one, ledger, now) for one in catalog.enabled), cadence.line_of_all(ledger, now)]


def print_matrix(matrix: Sequence[Mapping[str, str]]) -> None:
    """One line a credential and one for all, then one for each copy, and for what is not well of what all share."""
    print_table(matrix, COLUMNS)
    if matrix:
        print_text()
    for line in matrix:
        if line["credential"] != SHARED:
            print_text(f"copies of {line['credential']}:")
        elif line[DRIFT]:
            print_text("of what all credentials share:")
        for copy in filter(None, line[DRIFT].split("; ")):
            print_text(copy, indent=4)


def for_programs(found: Mapping[str, Any]) -> dict[str, Any]:
    """Names without spaces, and the copies as a list."""
    return {
        "outcome": found["outcome"],
        "matrix": lines_for_programs(found["matrix"]),
        "checks": [_named(one) for one in found["checks"]],
    }


def lines_for_programs(matrix: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The lines of the matrix, each with its copies as a list."""
    return [
        {**_named({name: text for name, text in line.items() if name != DRIFT}), "copies": _copies(line)}
        for line in matrix
    ]


def _copies(line: Mapping[str, str]) -> list[dict[str, str]]:
    named = (one.rpartition(": ") for one in filter(None, line[DRIFT].split("; ")))
    return [{"copy": copy, "state": state} for copy, _, state in named]


def _named(line: Mapping[str, str]) -> dict[str, str]:
    return {name.replace(" ", "_"): text for name, text in line.items()}
