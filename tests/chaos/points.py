"""The points at which a rotation is killed, taken from the ledger and the journal of a clean one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from blocks.ledger import Ledger
from blocks.recording import DONE, WAITING
from deployments.sandbox.server import Entry
from tests.chaos.rows import Seen
from tests.faults.calls import STEPS, pattern

ROW = "written"
BEFORE = "arrived, not applied"
UNANSWERED = "applied, not answered"
UNRECORDED = "answered, not recorded"
WRITES = (BEFORE, UNANSWERED, UNRECORDED)
WAITS = "waits"
CLICKED = "waits, clicked"
UNREAD = "submitted, not read"
READ = "read, not recorded"
LATE = "submitted after the kill"
FORMS = {"await_readiness": (WAITS, UNREAD, READ, LATE), "await_human_input": (WAITS, CLICKED, UNREAD, READ, LATE)}
# Requests with a body that change nothing at the vendor.
_QUESTIONS = re.compile(r"/login$|/auth\.test$|/conversations\.open$")


@dataclass(frozen=True, slots=True)
class Point:
    """A moment of a rotation. ``what`` is a row's label, a request, or the form of that step."""

    step: str
    what: str
    moment: str
    vendor: str = ""
    method: str = ""
    path: str = ""
    # Which one of several such requests in that step.
    number: int = 1

    def __str__(self) -> str:
        """As it is written in the table, and matched by ``--only``."""
        return f"{self.what}: {self.moment}"


def points_of(entries: list[Entry], ledger: Ledger) -> list[Point]:
    """Every point of one credential's rotation, step by step."""
    found = [*_rows(ledger), *_writes(entries, ledger), *_forms(ledger)]
    return sorted(found, key=lambda point: STEPS.index(point.step))


def _rows(ledger: Ledger) -> list[Point]:
    step, labels = STEPS[0], dict[str, str]()
    for row in ledger.rows():
        if row.context.get("outcome") == WAITING:
            continue
        step = str(row.context.get("step", step))
        labels.setdefault(Seen(row.sequence, row.action, dict(row.context)).label, step)
    return [Point(step, f"row {label}", ROW) for label, step in labels.items()]


def _writes(entries: list[Entry], ledger: Ledger) -> list[Point]:
    ends = _ends(ledger)
    counted: Counter[tuple[str, str, str, str]] = Counter()
    points = []
    for entry in entries:
        if entry.vendor in {"dashboard", "control"} or entry.method == "GET" or _QUESTIONS.search(entry.path):
            continue
        step = next((name for name in STEPS if entry.at <= ends[name]), STEPS[-1])
        # Which of two apps is named by its path, unlike in the grid of faults.
        path = entry.path if entry.vendor == "heroku" else pattern(entry.path)
        counted[step, entry.vendor, entry.method, path] += 1
        number = counted[step, entry.vendor, entry.method, path]
        what = f"{step} {entry.vendor} {entry.method} {path}" + (f" #{number}" if number > 1 else "")
        points += [Point(step, what, moment, entry.vendor, entry.method, path, number) for moment in WRITES]
    return points


def _forms(ledger: Ledger) -> list[Point]:
    shown = {str(row.context["step"]) for row in ledger.rows() if row.context.get("outcome") == WAITING}
    return [Point(step, f"form of {step}", moment) for step in FORMS if step in shown for moment in FORMS[step]]


def _ends(ledger: Ledger) -> dict[str, datetime]:
    done = [row for row in ledger.rows() if row.context.get("outcome") == DONE]
    return {step: max(row.at for row in done if row.context.get("step") == step) for step in STEPS}
