"""One live rotation in a production, in which one process is killed, and what is looked at in the end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from blocks.errors import RekeyError
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from deployments.production import tree
from deployments.production.production import Production
from deployments.rehearsal import proof
from deployments.rehearsal.robot import Robot, RobotError
from tests.chaos import invariants
from tests.failover.attendant import Attendant
from tests.failover.cells import FORM, MACHINE, NOBODY, PROCESSES, Cell

LIVE = "alpaca-live"
# Bounds for what never ends, and no measures.
END_TIMEOUT_S, WELL_TIMEOUT_S = 2400.0, 600.0
# Watch comes within a minute.
LEFT_TIMEOUT_S = 75.0
LOOK_S, PERSON_LOOKS_S = 0.1, 1.0
TERMINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})
BESIDE = ("health/hourly", "health/nightly")
_ALL = {"prefix": "", "limit": 200}

WENT_ON, TAKEN_OVER, HELD, ANEW = "went on", "taken over", "held, then went on", "ended, started anew by a person"
# On a machine that is too busy this is no sign of anything; on a quiet one it is to be looked into.
NOT_KNOWN = "no end in time"


@dataclass(slots=True)
class Result:
    """What became of it. Seconds are from the kill to the ledger's row that the rotation is completed."""

    outcome: str
    seconds: float
    # From the kill to the first row of another run; None where the run itself went on.
    takeover: float | None = None
    # The machine's load average at its end: seconds of a busy one are no measure.
    load: float = 0.0
    # Runs that Prefect still shows as open a minute after the end.
    left: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


def prepare(production: Production) -> None:
    """Let nothing rotate, or write to the ledger, beside the rotation that is looked at; applications are quick."""
    production.estate.heroku.knobs.boot_delay_s = 1
    for raptor in production.estate.raptors.values():
        raptor.knobs.kill_switch_blocks_orders = False
    api = Robot(production.estate.url("dashboard"), production.environment).api
    for name in BESIDE:
        found = api.get(f"/deployments/name/{name}").raise_for_status().json()
        api.patch(f"/deployments/{found['id']}", json={"paused": True}).raise_for_status()


class Play:
    """One cell."""

    # How long its end is waited for.
    patience_s = END_TIMEOUT_S

    def __init__(self, production: Production, cell: Cell) -> None:
        self.production = production
        self.cell = cell
        self.ledger: Ledger = production.ledger
        self.robot = Robot(production.estate.url("dashboard"), production.environment)
        self.robot.ledger = self.ledger
        self.person = Attendant(self.robot, self._form_is_shown)
        self.before = proof.observe(production.estate, "live")
        self.killed_at: datetime | None = None
        self.killed = ""
        self.started_anew = False
        self._earlier = {run["id"] for run in self.robot.runs()}
        self._since = max((row.sequence for row in self.ledger.rows()), default=0)

    def play(self) -> Result:
        """Until it is completed, and all is well again."""
        self._start()
        completed = self._attended()
        result = Result(WENT_ON, 0.0, violations=self.person.violations)
        if self.killed_at is None:
            result.violations.append("nothing was killed, so this proves nothing")
        elif completed is None:
            result.outcome = NOT_KNOWN
            result.told.append(f"no end after {self.patience_s:.0f} s")
        else:
            self._measure(result, completed, self.killed_at)
        if self.killed and self.cell.kind == MACHINE:
            self.production.replace(self.killed)
        result.told += [f"killed: {self.killed or 'nobody'}", *self.person.held]
        if completed is not None:
            result.violations += self._not_well()
            result.violations += self._afterwards()
            result.left = self._open_runs()
        return result

    def _start(self) -> bool:
        """Press Run; whether Prefect took it."""
        try:
            self.robot.start(f"rotate/{LIVE}")
        except (httpx.HTTPError, ValueError, RobotError):
            return False
        return True

    def _attended(self) -> Row | None:
        """Answer what is asked, and kill when it is time; the row of its end."""
        deadline, looked = time.monotonic() + self.patience_s, 0.0
        while time.monotonic() < deadline:
            rows = self._rows()
            ended = next((row for row in rows if row.action is Action.COMPLETED), None)
            if ended is not None:
                return ended
            if not self.started_anew and any(row.action is Action.ABORTED for row in rows):
                # Nothing was changed yet: watch ended it, and told people to start it anew.
                self.started_anew = self._start()
            if self.killed_at is None and self.cell.is_reached(rows):
                self._kill()
            if time.monotonic() - looked > PERSON_LOOKS_S:
                looked = time.monotonic()
                self.person.look_after()
            time.sleep(LOOK_S)
        return None

    def _rows(self) -> list[Row]:
        try:
            return [row for row in self.ledger.rows(after=self._since) if row.credential == LIVE and row.rotation]
        except RekeyError:
            # Its database was killed.
            return []

    def _form_is_shown(self) -> None:
        if self.cell.point == FORM:
            self._kill()

    def _kill(self) -> None:
        self.killed_at = datetime.now(UTC)
        self._strike()

    def _strike(self) -> None:
        kind = self.cell.kind
        named = PROCESSES[kind]
        self.killed = self._worker() if named is None else named
        if kind == MACHINE:
            self.production.lose(self.killed)
        elif kind != NOBODY:
            self.production.kill(self.killed)

    def _worker(self) -> str:
        """The worker that has the run."""
        run = next(one for one in self._own_runs() if one["state"]["type"] not in TERMINAL)
        own = int(str(run["infrastructure_pid"]).rpartition(":")[2])
        services = self.production.services
        return next(one.name for one in services if own in [pid for pid, _ in tree.below(one.child.pid)])

    def _measure(self, result: Result, completed: Row, killed_at: datetime) -> None:
        result.seconds = (completed.at - killed_at).total_seconds()
        began = [row.at for row in self._rows() if row.action is Action.STARTED and row.at > killed_at]
        if self.started_anew:
            result.outcome = ANEW
        elif began:
            result.outcome, result.takeover = TAKEN_OVER, (min(began) - killed_at).total_seconds()
        if self.person.held:
            result.outcome = HELD

    def _not_well(self) -> list[str]:
        """The processes that do not answer again."""
        deadline = time.monotonic() + WELL_TIMEOUT_S
        while time.monotonic() < deadline:
            services = self.production.services
            if not (ill := [one.name for one in services if one.child.is_over or not one.well()]):
                return []
            time.sleep(1)
        return [f"{invariants.ESTATE}: {', '.join(ill)} is not well again"]

    def _afterwards(self) -> list[str]:
        estate = self.production.estate
        found = [f"{invariants.BRAKES}: {one}" for one in self._traded()]
        found += [f"{invariants.PAIR}: {one}" for one in invariants.mixed(estate)]
        found += [f"{invariants.LITTER}: {one}" for one in self._left()]
        try:
            proof.prove_rotated(self.before, proof.observe(estate, "live"), self.ledger)
        except proof.NotRotatedError as error:
            found.append(f"{invariants.ESTATE}: {error.problem}")
        entered = self.person.pair
        if entered is None or entered.secret.get_secret_value() not in estate.vault_values().values():
            found.append(f"{invariants.LOSS}: the vault holds another pair than the one that was entered")
        return found

    def _traded(self) -> list[str]:
        return invariants.traded(self.production.estate, self.ledger, self.person.clicked_at)

    def _left(self) -> list[str]:
        """What Prefect keeps of what was typed."""
        found = []
        for run in self._own_runs():
            kept = self.robot.api.post(f"/flow_runs/{run['id']}/input/filter", json=_ALL).json()
            found += [f"Prefect still holds {one['key']}" for one in kept if str(one["key"]).endswith("-response")]
        return found

    def _own_runs(self) -> list[dict[str, Any]]:
        """Its runs: not those of rotations before it."""
        return [run for run in self.robot.runs() if run["id"] not in self._earlier]

    def _open_runs(self) -> list[str]:
        deadline = time.monotonic() + LEFT_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                left = [one for one in self._own_runs() if one["state"]["type"] not in TERMINAL]
            except (httpx.HTTPError, ValueError):
                left = []
            if not left:
                return []
            time.sleep(1)
        return [f"{one['name']} ({one['state']['type']})" for one in left]
