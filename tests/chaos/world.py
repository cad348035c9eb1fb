"""The estate, the processes that rotate its credentials, and the people: what may happen to them, in any order.

Every method is something that happens. One that cannot happen now does the nearest thing that can, or nothing.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from typing import Literal
from uuid import uuid4

import httpx
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.lease import Lease
from blocks.ledger.ledger import Ledger
from blocks.model.rotation import Reason
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.estate import LIVE, PAPER
from deployments.sandbox.faults import FaultKind
from tests.at_prefect import Form
from tests.chaos import child
from tests.chaos.attempt import Attempt
from tests.chaos.moments import moment
from tests.chaos.rows import ledger_file, locked
from tests.chaos.run import POLL_S, Run, Submitted
from tests.operator import Operator

Environment = Literal["paper", "live"]

ENVIRONMENTS: dict[str, Environment] = {"alpaca-paper": "paper", "alpaca-live": "live"}

NAMES = {"paper": PAPER, "live": LIVE}

REST_TIMEOUT_S = 20.0


class World:
    """One example."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.estate = operator.estate
        self.runs: list[Run] = []
        self.submitted: list[Submitted] = []
        # The newest pair of each environment that somebody was shown in the dashboard.
        self.clipboard: dict[str, Pair] = {}
        # Pairs of an account that no credential has, which somebody entered.
        self.strangers: set[str] = set()
        # Since when another pair was asked for by choice: how many were submitted then.
        self.another_pair: dict[str, int] = {}
        # The ledger was lost or restored.
        self.tampered = False
        self.impatient = False
        self.violations: list[str] = []
        self._told: list[str] = []

    def tell(self, what: str) -> None:
        """Something to read when a promise is broken."""
        self._told.append(what)

    def story(self) -> list[str]:
        """What the ledger and Prefect say of it, without a secret."""
        rows = [
            f"{row.at:%H:%M:%S.%f} {row.credential} {row.action} {row.context.get('step', '')} "
            f"{row.context.get('outcome', '')} {row.context.get('subject', '')} "
            f"{row.context.get('problem') or row.context.get('reason') or ''}"[:400]
            for row in self.operator.ledger.rows()
        ]
        states = [
            f"{run.name} {run.credential}: {(self.operator.run_named(run.name) or {}).get('state')}"
            for run in self.runs
        ]
        return [*rows, "", *(state[:300] for state in states), "", *self._told]

    # Processes

    def start(self, credential: str, reason: Reason = Reason.SCHEDULED) -> Run:
        """Start a rotation in a process of its own."""
        prefect = self.operator.prefect
        order = child.Order(
            name=f"any-{uuid4().hex[:8]}",
            credential=credential,
            environment=prefect.environment,
            prefect_home=prefect.places.prefect_home,
            variables={name: value for name, value in os.environ.items() if name.startswith("REKEY_")},
            log=ledger_file().with_name("run.log"),
            reason=reason,
        )
        run = Run(Attempt(order), credential)
        self.runs.append(run)
        return run

    def of(self, credential: str) -> Iterator[Run]:
        """Its runs, the newest first."""
        return (run for run in reversed(self.runs) if run.credential == credential)

    def living(self, credential: str) -> Run | None:
        """The newest of its runs with a process that acts."""
        return next((run for run in self.of(credential) if run.acts), None)

    def one_that_lives(self, credential: str) -> Run:
        """The newest of its runs with a process that acts; somebody starts one when there is none."""
        return self.living(credential) or self.start(credential)

    def rest(self, timeout_s: float = REST_TIMEOUT_S) -> None:
        """Wait until every process has ended, is frozen, or shows a form."""
        deadline = time.monotonic() + timeout_s
        for run in self.runs:
            while run.acts and self.form_of(run) is None and time.monotonic() < deadline:
                time.sleep(POLL_S)

    def doom(self, run: Run, skip: int, kind: FaultKind, *, writes: bool, freeze: bool) -> None:
        """Kill or freeze that process at a later request, whichever vendor gets it."""
        self.spare(run)
        run.fate = moment(skip, kind, run.freeze if freeze else run.kill, writes=writes)
        self.estate.server.plan.add(run.fate)

    def spare(self, run: Run) -> None:
        """Nothing happens to it any more."""
        if run.fate is not None:
            run.fate.times = 0
            run.fate = None

    def holder_of_lease(self, credential: str) -> str | None:
        """The flow run that says that it acts for this credential."""
        seen = Lease(SecretStr(os.environ["REKEY_LEDGER_URL"]), credential).look()
        return seen.flow_run_id if seen else None

    def mend(self) -> None:
        """Every vendor works. What is to happen to a process still happens."""
        plan = self.estate.server.plan
        plan.clear()
        for run in self.runs:
            if run.fate is not None and not run.fate.struck:
                plan.add(run.fate)

    def id_of(self, run: Run) -> str:
        """The flow run's id; empty until Prefect knows it."""
        found = self.operator.run_named(run.name)
        return str(found["id"]) if found else ""

    # People

    def form_of(self, run: Run) -> Form | None:
        """The form that Prefect shows for it, whether its process lives or not."""
        return self.operator.form_of_run(run.name)

    def shown(self, credential: str) -> tuple[Run, Form] | None:
        """A form of this credential: of the run that lives, otherwise of a dead or frozen one, or of a new one."""
        for _ in range(2):
            self.rest()
            runs = sorted(self.of(credential), key=lambda run: not run.acts)
            found = ((run, self.form_of(run)) for run in runs)
            shown = next(((run, form) for run, form in found if form is not None), None)
            if shown is not None:
                return shown
            self.start(credential)
        return None

    def account(self, environment: Environment) -> SandboxAccount:
        """The account of this environment that rekey rotates the keys of."""
        return self.estate.live if environment == "live" else self.estate.paper

    def in_use(self, environment: Environment) -> Pair:
        """What the vault holds."""
        values, names = self.estate.vault_values(), NAMES[environment]
        return Pair(values[names[0]], SecretStr(values[names[1]]))

    def press(self, environment: Environment) -> Pair:
        """Press Regenerate, and copy both values."""
        pair = self.operator.regenerate_live() if environment == "live" else self.operator.regenerate()
        self.clipboard[environment] = pair
        return pair

    def lives(self, environment: Environment, pair: Pair) -> bool:
        """Whether Alpaca accepts it."""
        return self.account(environment).accepts(pair.key_id, pair.secret.get_secret_value())

    def was_submitted(self, pair: Pair) -> bool:
        """Whether Prefect took this pair at any time."""
        return any(one.pair.same_as(pair) for one in self.submitted)

    def submit(self, run: Run, form: Form, pair: Pair) -> bool:
        """Submit the form; whether Prefect took it."""
        try:
            taken = bool(self.operator.submit(form.run_id, pair).get("status") == "ACCEPT")
        except httpx.HTTPStatusError:
            # Somebody else was quicker, or Prefect shows the run as ended.
            taken = False
        if taken:
            self.submitted.append(Submitted(pair, run.credential, form.run_id))
        return taken

    # The ledger's file

    def copy_ledger(self) -> None:
        """Make a backup of it."""
        file = ledger_file()
        with locked(file):
            shutil.copy(file, file.with_suffix(".backup"))

    def lose_ledger(self, *, restore: bool) -> None:
        """Delete it, or put the backup in its place. Nobody does that while something runs."""
        file = ledger_file()
        backup = file.with_suffix(".backup")
        for run in self.runs:
            run.kill()
            run.attempt.ended()
        file.unlink()
        if restore and backup.exists():
            shutil.copy(backup, file)
        self.tampered = True
        self.operator.ledger = Ledger(SecretStr(os.environ["REKEY_LEDGER_URL"]))
