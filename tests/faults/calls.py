"""The vendor calls of a live rotation, taken from the journal of a clean one, each with the step that makes it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from blocks.prefect_api.recording import DONE
from deployments.sandbox.estate import MQ_A
from deployments.sandbox.server import Entry

STEPS = (
    "preflight",
    "await_readiness",
    "pause",
    "snapshot",
    "await_human_input",
    "validate",
    "store",
    "propagate",
    "verify",
    "retire",
    "resume",
)
# While these go on, a thread beside the run asks the pages of the brakes now and then; the cells of the form meet it.
BESIDE = frozenset({"snapshot", "validate", "store", "propagate"})
# In verify both ask them, the step and that thread: which of them asks last differs from run to run.
ASKED_BY_BOTH = ("verify", "/health/trading")
# These use Slack themselves. In the others it is told of a form that waits, at a moment that differs from run to run.
WITH_SLACK = frozenset({"preflight", "propagate", "resume"})
# How many parts of a step the ledger has to say are done: propagate writes a row a consumer.
PARTS = {"propagate": 2}
ANY_APP, ONE_APP = "/apps/[^/]+", f"/apps/{MQ_A}"
# What differs from rotation to rotation, and which of two apps is asked first.
_PATTERNS = (
    (r"^/apps/[^/]+", ANY_APP),
    (r"/releases/\d+", r"/releases/\\d+"),
    (r"/secrets/raw/\w+$", "/secrets/raw/.+"),
    (r"/orders/[0-9a-f-]{36}$", "/orders/.+"),
    (r"/workspace/[0-9a-f-]{36}/", "/workspace/[^/]+/"),
    (r"/api_keys/apikey_\w+$", "/api_keys/.+"),
    (r"/(authorizations|identities|client-secrets)/[0-9a-f-]{36}", r"/\1/[^/]+"),
)


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A request to a vendor that is made in that step. ``path`` is a regular expression for the whole path."""

    number: int
    step: str
    vendor: str
    method: str
    path: str
    # How often the step of a clean rotation makes it.
    times: int = field(default=1, compare=False)

    def __str__(self) -> str:
        """As it is written in the table, and matched by ``--only``."""
        return f"{self.step}: {self.vendor} {self.method} {self.path}"

    @property
    def request(self) -> tuple[str, str, str]:
        """What is asked of whom, whichever of two apps it is about."""
        return self.vendor, self.method, self.path.replace(ONE_APP, ANY_APP, 1)

    def of_one_app(self) -> Call:
        """This call, made to one of the two apps only."""
        return replace(self, path=self.path.replace(ANY_APP, ONE_APP, 1), times=1)


def calls_of(entries: list[Entry], ledger: Ledger) -> list[Call]:
    """Each call once a step, in the order of the steps; within one by name, because several are made at once."""
    ends = {
        step: max(row.at for row in ledger.rows() if is_done(row) and row.context.get("step") == step) for step in STEPS
    }
    found: Counter[Call] = Counter()
    for entry in entries:
        step = next((name for name in STEPS if entry.at <= ends[name]), STEPS[-1])
        if entry.vendor not in {"dashboard", "control"} and not is_beside(entry, step):
            found[call(step, entry.vendor, entry.method, pattern(entry.path))] += 1
    return sorted(replace(one, times=times) for one, times in found.items())


def is_beside(entry: Entry, step: str) -> bool:
    """Whether it was asked beside that step, and not by it: what fails there stops nothing."""
    return (step in BESIDE and entry.path == "/health/trading") or (entry.vendor == "slack" and step not in WITH_SLACK)


def is_done(row: Row) -> bool:
    """Whether a step is over by this row. Validate that asks for another pair says so, and is not over."""
    context = row.context
    return context.get("outcome") == DONE and not is_returned(row)


def is_returned(row: Row) -> bool:
    """Whether validate did not accept a pair."""
    return row.context.get("step") == "validate" and "rejected" in row.context


def call(step: str, vendor: str, method: str, path: str) -> Call:
    """A call with its place in the order."""
    return Call(STEPS.index(step), step, vendor, method, path)


def pattern(path: str) -> str:
    """A path as it is in every rotation."""
    for found, instead in _PATTERNS:
        path = re.sub(found, instead, path)
    return path
