"""A rotation in which something breaks, the person who attends to it, and what is looked at in the end."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from blocks.ledger.row import Action
from deployments.rehearsal import proof
from tests.chaos import child, invariants
from tests.chaos.attempt import Attempt
from tests.chaos.kill import Killer
from tests.chaos.person import Person
from tests.operator import Operator

# A bound for what never ends, and no measure: a busy machine takes minutes for what takes seconds.
CONVERGE_TIMEOUT_S = 300.0
MOST_STARTS = 3

CONVERGED = "converged"
HELD = "held, then went on"
ASKED = "asked again"
AGAIN = "started once more"
OUTCOMES = (CONVERGED, HELD, ASKED, AGAIN)


@dataclass(slots=True)
class Result:
    """What became of it. Seconds are from the restart to the ledger's row that the rotation is completed."""

    outcome: str
    seconds: float
    # Whether the fault struck: what is done already is not asked again.
    met: bool = True
    told: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class Play:
    """One rotation, by as many processes as it takes."""

    def __init__(self, operator: Operator, credential: str) -> None:
        self.operator = operator
        self.credential = credential
        self.person = self._somebody()
        self.before = proof.observe(operator.estate, self.person.environment)
        self.attempts: list[Attempt] = []
        self.violations: list[str] = []

    def _somebody(self) -> Person:
        return Person(self.operator, self.credential)

    def lost(self, attempt: Attempt) -> list[str]:
        """What was submitted, and is nowhere right after this process was killed."""
        if not self.person.submitted or self.person.pair is None:
            return []
        return invariants.lost(self.operator, self.person.pair, self.run_id(attempt))

    def _afterwards(self, runs: Collection[str]) -> list[str]:
        return invariants.afterwards(self.operator, self.before, runs, self.person.clicked_at)

    def attempt(self) -> Attempt:
        """Start the flow in a process of its own."""
        prefect = self.operator.prefect
        name = f"chaos-{uuid4().hex[:8]}"
        attempt = Attempt(
            child.Order(
                name=name,
                credential=self.credential,
                environment=prefect.environment,
                prefect_home=prefect.places.prefect_home,
                variables={name: value for name, value in os.environ.items() if name.startswith("REKEY_")},
                log=self.operator.canaries.folders[0] / f"{name}.log",
            )
        )
        self.attempts.append(attempt)
        return attempt

    def attend(self, attempt: Attempt, killer: Killer | None = None) -> None:
        """Answer its forms until its process has ended."""
        deadline = time.monotonic() + CONVERGE_TIMEOUT_S
        self.person.attend(attempt, killer, lambda: time.monotonic() > deadline)
        if attempt.is_alive:
            self.violations.append(f"{invariants.ESTATE}: no end after {CONVERGE_TIMEOUT_S:.0f} s")
            attempt.kill()
        attempt.ended()

    def go_on(self) -> None:
        """Start it again until it is completed."""
        while not self.is_completed() and len(self.attempts) <= MOST_STARTS:
            self.attend(self.attempt())

    def run_id(self, attempt: Attempt) -> str:
        """Prefect's id of its run; empty when it did not come that far."""
        return str((self.operator.run_named(attempt.name) or {"id": ""})["id"])

    def is_completed(self) -> bool:
        """Whether the ledger says so."""
        return any(row.action is Action.COMPLETED for row in self.operator.ledger.rows())

    def end(self) -> None:
        """Leave no process behind."""
        for attempt in self.attempts:
            attempt.kill()
            attempt.ended()

    def result(
        self, since: datetime, *, starts: int = 2, met: bool = True, runs: Collection[str] | None = None
    ) -> Result:
        """What became of it since something broke.

        ``starts`` is how many processes it should take at most; ``runs`` are its flow runs, unless it began them.
        """
        runs = [self.run_id(attempt) for attempt in self.attempts] if runs is None else runs
        violations = [*self.violations, *self.person.violations]
        violations += self._afterwards(runs)
        return Result(self._outcome(starts), self._seconds(since), met, self.person.held, violations)

    def _outcome(self, starts: int) -> str:
        if len(self.attempts) > starts:
            return AGAIN
        if self.person.held:
            return HELD
        return ASKED if self.person.asked_again else CONVERGED

    def _seconds(self, since: datetime) -> float:
        at = [row.at for row in self.operator.ledger.rows() if row.action is Action.COMPLETED]
        return round(max(0.0, (at[-1] - since).total_seconds()), 1) if at else CONVERGE_TIMEOUT_S


def now() -> datetime:
    """The ledger's clock."""
    return datetime.now(UTC)
