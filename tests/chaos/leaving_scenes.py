"""The process of a run is killed while it leaves its form, or begins again; and the form is answered in that moment."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from prefect.settings import temporary_settings

from deployments.local.prefect_login import client_settings
from deployments.production import tree
from deployments.setup.register import deploy
from tests.at_prefect import Form
from tests.chaos import invariants
from tests.chaos.kill import at_row
from tests.chaos.play import Play, Result, now
from tests.chaos.scene import LIVE, Scene
from tests.chaos.worker_scenes import SETTINGS, Workers, attend, installed, wait_until_left
from tests.faults.workplace import Workplace
from tests.waiting import PREFECT_TIMEOUT_S, wait_until

KILLED = "the process of a run is killed"
AS_LEFT = "as Prefect says that its form is left"
NOTED = "as the ledger says that its form is left"
BEGINS = "as it begins again with the answer"
ANSWERED = "a form is answered"
RIGHT_THEN = "in the very moment in which its run leaves it"
LEAVES_AFTER_S = 1.0
# Before and after that moment.
AROUND_S = 0.15
TRIES = 3
POLL_S = 0.01


class FormIsGone(Exception):
    """Its run is dead by now, so it takes no answer: the person waits for the next one."""


def scenes() -> list[Scene]:
    """Every one of them."""
    killed = [Scene(KILLED, when, partial(_played, when)) for when in (AS_LEFT, NOTED, BEGINS)]
    tries = (f"{RIGHT_THEN}, try {number + 1}" for number in range(TRIES))
    return [*killed, *(Scene(ANSWERED, when, partial(_played, when)) for when in tries)]


def _played(when: str, _: Workplace) -> Result:
    with installed() as operator:
        one = Play(operator, LIVE)
        workers = Workers(operator.prefect, {**SETTINGS, "REKEY_FORM_LEAVE_AFTER_S": str(LEAVES_AFTER_S)})
        # The worker made the pool.
        with temporary_settings(client_settings(operator.prefect.environment)):
            deploy(operator.prefect.environment)
        broken = _Broken(one, workers, when)
        one.person.before_answer = broken.at
        operator.robot.start(f"rotate/{LIVE}")
        with broken.watched():
            while not one.is_completed() and not one.violations:
                try:
                    attend(one, workers)
                except FormIsGone:
                    continue
        if not broken.struck:
            one.violations.append("nothing was done at that moment, so this proves nothing")
        result = one.result(workers.since, runs=[str(run["id"]) for run in operator.robot.runs()])
        result.violations += invariants.said(operator)
        return result


class _Broken:
    """What is done at the first form for the pair."""

    def __init__(self, one: Play, workers: Workers, when: str) -> None:
        self._one = one
        self._workers = workers
        self._when = when
        self._threads: list[threading.Thread] = []
        self.struck = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Strike at the ledger's row, where that is the moment."""
        if self._when == NOTED:
            with at_row("await_human_input noted", self._kill):
                yield
        else:
            yield
        for thread in self._threads:
            thread.join()

    def at(self, form: Form) -> None:
        """Before the person answers it. Raises FormIsGone when it takes no answer any more."""
        if "key_id" not in form.fields or self.struck:
            return
        if self._when == AS_LEFT:
            self._wait_for(form, "Suspended")
            self._kill()
        elif self._when == NOTED:
            wait_until(lambda: self.struck, description="the row is there", timeout_s=PREFECT_TIMEOUT_S)
        elif self._when == BEGINS:
            wait_until_left(self._one.operator, form)
            self._threads.append(threading.Thread(target=self._kill_when_it_runs, args=(form,), daemon=True))
            self._threads[-1].start()
            return
        else:
            self.struck = True
            time.sleep(LEAVES_AFTER_S + random.uniform(-AROUND_S, AROUND_S))  # noqa: S311  # no secret
            return
        self._demand_that_it_is_there(form)

    def _kill(self) -> None:
        self.struck = True
        self._workers.since = now()
        tree.kill(tree.below(self._workers.pid))

    def _kill_when_it_runs(self, form: Form) -> None:
        self._wait_for(form, "Running")
        self._kill()

    def _wait_for(self, form: Form, state: str) -> None:
        deadline = time.monotonic() + PREFECT_TIMEOUT_S
        while self._state(form) != state:
            assert time.monotonic() < deadline, f"waited {PREFECT_TIMEOUT_S:.0f} s in vain: {state}"
            time.sleep(POLL_S)

    def _state(self, form: Form) -> str:
        return str(self._one.operator.api.get(f"/flow_runs/{form.run_id}").json()["state"]["name"])

    def _demand_that_it_is_there(self, form: Form) -> None:
        """A worker that lives says within seconds that the process of its run is gone."""
        wait_until(
            lambda: not tree.below(self._workers.pid), description="its process is gone", timeout_s=PREFECT_TIMEOUT_S
        )
        time.sleep(2)
        if self._state(form) != "Suspended":
            raise FormIsGone
