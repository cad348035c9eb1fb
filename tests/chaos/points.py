"""The points at which a rotation is killed, taken from the ledger and the journal of a clean one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blocks.ledger.ledger import Ledger
from blocks.prefect_api.recording import DONE, WAITING
from deployments.sandbox.server import Entry
from tests.chaos.rows import Seen
from tests.faults.calls import STEPS, is_beside, pattern

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
FORMS = {
    "await_readiness": (WAITS, UNREAD, READ, LATE),
    "await_human_input": (WAITS, CLICKED, UNREAD, READ, LATE),
    # Of a credential whose old one a person ends.
    "retire": (WAITS, UNREAD, READ, LATE),
}
FORM_OF_THE_PAIR = "form of await_human_input"
FORM_OF_RETIRE = "form of retire"
# Behind a credential's name: its pair is entered sealed, and no other way.
SEALED = " sealed"
# Behind it: its plan is approved by a second operator, by passkey.
APPROVED = " approved"
# Behind it: its applications fail as long as they have the dead pair.
FRAIL = " frail"
_BROKEN_IN = ("await_human_input", "validate", "store", "propagate")
FORM_OF_THE_APPROVAL = "form of approve"
APPROVAL_PROVED = "secret.operator.acted approve"
# Requests with a body that change nothing at the vendor.
_QUESTIONS = re.compile(r"/login$|/v1/messages$|/auth\.test$|/conversations\.open$")


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


def row(step: str, label: str) -> Point:
    """When that row is in the ledger."""
    return Point(step, f"row {label}", ROW)


def write(step: str, vendor: str, method: str, path: str, moment: str, number: int = 1) -> Point:
    """At the ``number``-th such write in that step."""
    what = f"{step} {vendor} {method} {path}" + (f" #{number}" if number > 1 else "")
    return Point(step, what, moment, vendor, method, path, number)


def form(step: str, moment: str) -> Point:
    """At the form of that step."""
    return Point(step, f"form of {step}", moment)


def points_of(entries: list[Entry], ledger: Ledger) -> list[Point]:
    """Every point of one credential's rotation, step by step."""
    found = [*_rows(ledger), *_writes(entries, ledger), *_forms(ledger)]
    return sorted(found, key=lambda point: STEPS.index(point.step))


def sealed_of(points: Mapping[str, Sequence[Point]]) -> dict[str, list[Point]]:
    """The points of the form for the pair once more, by credential: what was entered can be ciphertext there."""
    entries = {name: [one for one in some if one.what == FORM_OF_THE_PAIR] for name, some in points.items()}
    return {f"{name}{SEALED}": some for name, some in entries.items()}


def frail_of(credential: str, points: Sequence[Point]) -> dict[str, list[Point]]:
    """The points between the click and the last write of the new pair once more, by credential.

    The new run begins with the brakes, and applications that died of the old pair do not say whether they are on.
    """
    return {f"{credential}{FRAIL}": [one for one in points if one.step in _BROKEN_IN]}


def approved_of(credential: str) -> dict[str, list[Point]]:
    """The points of an approval, by credential: when it waits, is answered, is proved, and is recorded."""
    proved = row("approve", APPROVAL_PROVED)
    moments = [form("approve", moment) for moment in (WAITS, UNREAD, READ, LATE)]
    return {f"{credential}{APPROVED}": [*moments, proved, row("approve", "approve done")]}


def _rows(ledger: Ledger) -> list[Point]:
    step, labels = STEPS[0], dict[str, str]()
    for one in ledger.rows():
        if one.context.get("outcome") == WAITING or "form_told" in one.context:
            continue
        step = str(one.context.get("step", step))
        labels.setdefault(Seen(one.sequence, one.action, dict(one.context)).label, step)
    return [row(step, label) for label, step in labels.items()]


def _writes(entries: list[Entry], ledger: Ledger) -> list[Point]:
    ends = _ends(ledger)
    counted: Counter[tuple[str, str, str, str]] = Counter()
    points = []
    for entry in entries:
        if entry.vendor in {"dashboard", "control"} or entry.method == "GET" or _QUESTIONS.search(entry.path):
            continue
        step = next((name for name in STEPS if entry.at <= ends[name]), STEPS[-1])
        if is_beside(entry, step):
            continue
        # Which of two apps is named by its path, unlike in the grid of faults.
        path = entry.path if entry.path.startswith("/apps/") else pattern(entry.path)
        counted[step, entry.vendor, entry.method, path] += 1
        number = counted[step, entry.vendor, entry.method, path]
        points += [write(step, entry.vendor, entry.method, path, moment, number) for moment in WRITES]
    return points


def _forms(ledger: Ledger) -> list[Point]:
    shown = {str(one.context["step"]) for one in ledger.rows() if one.context.get("outcome") == WAITING}
    return [form(step, moment) for step in FORMS if step in shown for moment in FORMS[step]]


def _ends(ledger: Ledger) -> dict[str, datetime]:
    done = [one for one in ledger.rows() if one.context.get("outcome") == DONE]
    return {step: max(one.at for one in done if one.context.get("step") == step) for step in STEPS}
