"""Report health: the matrix and what is wrong, as artifacts of the run, and the state in which the run ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from blocks.catalog import load_catalog
from blocks.check import Check, Outcome, worst
from blocks.ledger import cadence
from blocks.ledger.chain import Head
from blocks.ledger.row import SHARED
from blocks.prefect_api import heads, recording
from blocks.settings import read_settings
from blocks.text import markdown as shown
from tasks.run import policy
from tasks.run.counting import keep_counts

ORDER = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.OK)
MOST_NAMED = 5
DRIFT = "drift"


@task(name="report health", **policy.HUMAN)
def report_health(checks: Sequence[Check]) -> list[dict[str, str]]:
    """Show the matrix and every check in Prefect; return the matrix. Raises LedgerError."""
    matrix = matrix_of({one.credential for one in checks if one.credential})
    _publish(
        _head_to_post(checks),
        matrix,
        sorted(checks, key=lambda one: (ORDER.index(one.outcome), one.credential, one.subject)),
    )
    keep_counts()
    return matrix


def ended(checks: Sequence[Check], matrix: list[dict[str, str]]) -> State[Any]:
    """The run's final state: Completed when everything is ok, otherwise Failed, so that automations react.

    Its data is for ``rekey health``, which runs the flow itself: outcome, matrix, and every check.
    """
    wrong = [one for one in checks if one.outcome is not Outcome.OK]
    for one in wrong:
        get_run_logger().error("%s %s: %s %s", one.label, one.outcome.value, one.told, one.remedy)
    data: dict[str, Any] = {
        "outcome": worst(checks).value,
        "matrix": matrix,
        "checks": [as_dict(one) for one in checks],
    }
    if not wrong:
        return Completed(message=f"All {len(checks)} checks are ok.", data=data)
    named = ", ".join(f"{one.label} ({one.outcome.value})" for one in wrong[:MOST_NAMED])
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return Failed(message=f"{len(wrong)} of {len(checks)} checks are not ok: {named}{more}.", data=data)


def matrix_of(names: set[str]) -> list[dict[str, str]]:
    """One line a credential, and one for what all share, as the ledger knows it. Raises LedgerError."""
    ledger, now = recording.open_ledger(), datetime.now(UTC)
    chosen = [one for one in load_catalog(read_settings().catalog).enabled if one.name in names]
    return [*(cadence.line_of(one, ledger, now) for one in chosen), cadence.line_of_all(ledger, now)]


def as_dict(one: Check) -> dict[str, str]:
    """For programs, and for ``rekey health``: the name that does not change, and the one that people read."""
    return {
        "credential": one.credential or SHARED,
        "check": one.subject,
        "called": one.called,
        "outcome": one.outcome.value,
        "what": one.told,
        "what to do": one.remedy,
    }


def _as_row(one: Check) -> dict[str, str]:
    """For a table that people read."""
    return {name: text for name, text in {**as_dict(one), "check": one.called}.items() if name != "called"}


def _head_to_post(checks: Sequence[Check]) -> Head | None:
    """Where the ledger ends; None when this run, or the newest that looked, found it broken. Raises LedgerError."""
    if any(one.subject == heads.SUBJECT and one.outcome is Outcome.FAILED for one in checks):
        return None
    return heads.to_post(recording.open_ledger())


def _publish(head: Head | None, matrix: list[dict[str, str]], checks: list[Check]) -> None:
    """Show all of it in Prefect; without it the run's state and the ledger tell all the same."""
    try:
        if head is not None:
            heads.post(head)
        create_table_artifact(
            key="health-checks", table=[_as_row(one) for one in checks], description="Every check of this run"
        )
        create_markdown_artifact(
            key="health", markdown=markdown(matrix, checks), description="Health of all credentials"
        )
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        get_run_logger().warning("Prefect did not take the report: %s", type(error).__name__)


def markdown(matrix: list[dict[str, str]], checks: list[Check]) -> str:
    """The matrix, and one line for each check that is not ok."""
    lines = ["# Health", ""]
    if matrix:
        # Prefect's page is narrow: a copy has a line of its own.
        lines += _table([{name: text for name, text in line.items() if name != DRIFT} for line in matrix])
        copies = [copy for line in matrix if line["credential"] != SHARED for copy in _copies(line)]
        lines += ["", "## Copies", "", *_table(copies)] if copies else []
    wrong = [one for one in checks if one.outcome is not Outcome.OK]
    lines += [
        "",
        f"## {len(wrong)} of {len(checks)} checks are not ok" if wrong else f"All {len(checks)} checks are ok.",
    ]
    if wrong:
        lines += ["", *_table([_as_row(one) for one in wrong])]
    return "\n".join(lines) + "\n"


def _copies(line: dict[str, str]) -> list[dict[str, str]]:
    named = [one.rpartition(": ") for one in line[DRIFT].split("; ")]
    return [{"credential": line["credential"], "copy": copy, DRIFT: drift} for copy, _, drift in named]


def _table(rows: list[dict[str, str]]) -> list[str]:
    names = list(rows[0])
    body = [f"| {' | '.join(_cell(row[name]) for name in names)} |" for row in rows]
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}", *body]


def _cell(text: str) -> str:
    return shown(" ".join(text.splitlines()))
