"""One cell of the grid: a rotation that is killed at one point, started again, and meets one fault then."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from blocks.catalog import load_catalog
from blocks.ledger import Action
from blocks.settings import read_settings
from deployments import proof
from tests.chaos import child, invariants
from tests.chaos.attempt import Attempt
from tests.chaos.faults import HANG, NONE, AfterRestart, fault_of
from tests.chaos.kill import Killer, armed
from tests.chaos.person import Person
from tests.chaos.points import Point
from tests.chaos.rows import ledger_file
from tests.operator import Operator

# Long enough for a machine that does other things as well; a fault's hang is met by this.
READ_TIMEOUT_S = 0.5
KILL_TIMEOUT_S = 60.0
CONVERGE_TIMEOUT_S = 90.0
MOST_STARTS = 3

CONVERGED = "converged"
HELD = "held, then went on"
ASKED = "asked again"
AGAIN = "started once more"
OUTCOMES = (CONVERGED, HELD, ASKED, AGAIN)


@dataclass(frozen=True, slots=True)
class Cell:
    """Which credential's rotation is killed where, and what goes wrong after the restart."""

    credential: str
    point: Point
    fault: str

    def __str__(self) -> str:
        """As ``--only`` matches it; what is random in the cell follows from it."""
        return f"{self.credential} | {self.point} | {self.fault}"


@dataclass(slots=True)
class Result:
    """What became of it. Seconds are from the restart to the ledger's row that the rotation is completed."""

    outcome: str
    seconds: float
    # Whether the fault struck: what is done already is not asked again.
    met: bool = True
    told: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


def play(cell: Cell, operator: Operator) -> Result:
    """Rotate, kill, start again, and say how it went and which promise was broken."""
    if cell.fault == HANG:
        operator.lose_patience(READ_TIMEOUT_S)
    return _Play(cell, operator).result()


class _Play:
    def __init__(self, cell: Cell, operator: Operator) -> None:
        self.cell = cell
        self.operator = operator
        self.person = Person(operator, cell.credential)
        self.before = proof.observe(operator.estate, self.person.environment)
        self.attempts: list[Attempt] = []
        self.fault: AfterRestart | None = None
        self.violations: list[str] = []

    def result(self) -> Result:
        try:
            self._killed()
            restarted = datetime.now(UTC)
            while not self._is_completed() and len(self.attempts) <= MOST_STARTS:
                self._started_again()
        finally:
            for attempt in self.attempts:
                attempt.kill()
        self.violations += self.person.violations
        names = [attempt.name for attempt in self.attempts]
        self.violations += invariants.afterwards(self.operator, self.before, names, self.person.clicked_at)
        met = self.fault is None or self.fault.struck
        return Result(self._outcome(), self._seconds(restarted), met, self.person.held, self.violations)

    def _killed(self) -> None:
        killer = Killer(
            self.cell.point,
            len(load_catalog(read_settings().catalog).get(self.cell.credential).consumers),
            ledger_file(),
            random.Random(str(self.cell)),  # noqa: S311  # no secret: the same cell is to be the same again
        )
        with armed(killer, self.operator.estate.server.plan):
            killer.victim = attempt = self._attempt()
            self._attended(attempt, killer, KILL_TIMEOUT_S)
            attempt.ended()
        if not killer.struck:
            self.violations.append("the point never came, so this cell proves nothing")
        if self.person.submitted and self.person.pair is not None:
            self.violations += invariants.lost(self.operator, self.person.pair, attempt.name)

    def _started_again(self) -> None:
        plan = self.operator.estate.server.plan
        if self.cell.fault != NONE and self.fault is None:
            self.fault = fault_of(self.cell.point, self.cell.fault, ledger_file())
            plan.add(self.fault)
        attempt = self._attempt()
        self._attended(attempt, None, CONVERGE_TIMEOUT_S)
        if attempt.is_alive:
            self.violations.append(f"{invariants.ESTATE}: no end after {CONVERGE_TIMEOUT_S:.0f} s")
            attempt.kill()
            attempt.ended()
        plan.clear()

    def _attempt(self) -> Attempt:
        prefect = self.operator.prefect
        attempt = Attempt(
            child.Order(
                name=f"chaos-{uuid4().hex[:8]}",
                credential=self.cell.credential,
                api_url=prefect.environment["PREFECT_API_URL"],
                prefect_home=prefect.places.prefect_home,
                variables={name: value for name, value in os.environ.items() if name.startswith("REKEY_")},
                log=ledger_file().with_name("run.log"),
            )
        )
        self.attempts.append(attempt)
        return attempt

    def _attended(self, attempt: Attempt, killer: Killer | None, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        self.person.attend(attempt, killer, lambda: time.monotonic() > deadline)

    def _is_completed(self) -> bool:
        return any(row.action is Action.COMPLETED for row in self.operator.ledger.rows())

    def _outcome(self) -> str:
        if len(self.attempts) > 2:
            return AGAIN
        if self.person.held:
            return HELD
        return ASKED if self.person.asked_again else CONVERGED

    def _seconds(self, restarted: datetime) -> float:
        at = [row.at for row in self.operator.ledger.rows() if row.action is Action.COMPLETED]
        return round(max(0.0, (at[-1] - restarted).total_seconds()), 1) if at else CONVERGE_TIMEOUT_S
