"""The worker is stopped or lost; ``watch`` starts the rotation again by itself, in a new worker."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from prefect.settings import temporary_settings
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.ledger.lease import Lease
from blocks.ledger.ledger import Ledger
from blocks.settings import read_settings
from deployments.local.places import Places
from deployments.local.prefect_login import client_settings
from deployments.local.processes import Child, LocalPrefect, free_port
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from deployments.setup.register import deploy, seed_blocks
from tests.at_prefect import Form
from tests.canaries import Canaries
from tests.chaos import invariants
from tests.chaos.kill import at_row
from tests.chaos.play import Play, Result, now
from tests.chaos.scene import LIVE, Scene
from tests.faults.workplace import WAITS, Workplace
from tests.operator import Operator
from tests.waiting import PREFECT_TIMEOUT_S, wait_until

SIGNALS = {"is stopped (SIGTERM)": signal.SIGTERM, "is lost (SIGKILL)": signal.SIGKILL}
FORM = "while the form for the pair waits, which is filled in afterwards"
LEFT = "while nobody answers and the process has left the form, which is filled in before the next worker is there"
ROWS = ("pause done", "store done")
# A worker's runs are not hurried otherwise, and share the machine with the start of the next worker.
SETTINGS = {**WAITS, "REKEY_PATIENCE_S": "[0.2, 0.5, 1]", "REKEY_LEASE_S": "3", "REKEY_RELEASE_TIMEOUT_S": "20"}
TIMEOUT_S = 480.0
# It is scheduled every minute; nobody has to wait for that here.
WATCH_EVERY_S = 10.0
LOOK_S = 0.2


def scenes() -> list[Scene]:
    """Every one of them."""
    return [
        Scene(f"worker {what}", when, partial(_played, number, row))
        for what, number in SIGNALS.items()
        for when, row in ((FORM, ""), (LEFT, LEFT), *((f"from {row} on", row) for row in ROWS))
    ]


class Workers:
    """One worker after another. ``since`` is when the second one was started."""

    def __init__(
        self, prefect: LocalPrefect, settings: dict[str, str], number: signal.Signals = signal.SIGKILL
    ) -> None:
        self._prefect = prefect
        self._number = number
        self._settings = settings
        self._worker: Child = prefect.start_worker(settings)
        self.since = now()

    @property
    def pid(self) -> int:
        """Of the one that is there now."""
        return self._worker.pid

    def die(self) -> None:
        """As when a machine is drained, or lost."""
        process = self._worker._process
        os.kill(process.pid, self._number)
        process.wait()

    @property
    def is_dead(self) -> bool:
        """Whether its process has ended, by itself or not: then what starts workers starts another one."""
        return self._worker.is_over

    def follow(self) -> None:
        """Another one takes its place."""
        self.since = now()
        self._worker = self._prefect.start_worker(self._settings)


def _played(number: signal.Signals, row: str, _: Workplace) -> Result:
    with installed() as operator:
        settings = {**SETTINGS, **({"REKEY_FORM_LEAVE_AFTER_S": "1"} if row == LEFT else {})}
        one, workers = Play(operator, LIVE), Workers(operator.prefect, settings, number)
        # The worker made the pool.
        with temporary_settings(client_settings(operator.prefect.environment)):
            deploy(operator.prefect.environment)
        died = False

        def die(form: Form | None = None) -> None:
            nonlocal died
            if not died and (form is None or "key_id" in form.fields):
                died = True
                if row == LEFT and form is not None:
                    wait_until_left(operator, form)
                workers.die()

        operator.robot.start(f"rotate/{LIVE}")
        if row in ROWS:
            with at_row(row, die):
                attend(one, workers)
        else:
            one.person.before_answer = die
            attend(one, workers)
        if not died:
            one.violations.append("the worker was not killed, so this proves nothing")
        result = one.result(workers.since, runs=[str(run["id"]) for run in operator.robot.runs()])
        result.violations += invariants.said(operator)
        return result


def wait_until_left(operator: Operator, form: Form) -> None:
    """The run is suspended, and no process of it lives: nobody holds the lease."""

    def is_left() -> bool:
        state = operator.api.get(f"/flow_runs/{form.run_id}").json()["state"]
        return state["name"] == "Suspended" and Lease(read_settings().ledger_url, LIVE).look() is None

    wait_until(is_left, description="the process leaves the form", timeout_s=PREFECT_TIMEOUT_S)


def attend(one: Play, workers: Workers) -> None:
    """Answer its forms until it is completed; another worker takes the place of one that is dead, and watch runs."""
    deadline, watched = time.monotonic() + TIMEOUT_S, time.monotonic()
    while not one.is_completed():
        if time.monotonic() > deadline:
            one.violations.append(f"{invariants.ESTATE}: no end after {TIMEOUT_S:.0f} s")
            return
        one.person.look_after(one.operator.robot.runs())
        if workers.is_dead:
            workers.follow()
        if time.monotonic() - watched > WATCH_EVERY_S:
            watched = time.monotonic()
            one.operator.robot.start("watch/every-minute")
        time.sleep(LOOK_S)


@contextmanager
def installed() -> Iterator[Operator]:
    """Rekey as it is in production, with the sandbox as its estate, and no worker yet."""
    canaries = Canaries(len(made_up.issued), [])
    with (
        tempfile.TemporaryDirectory(prefix="rekey-worker-") as folder,
        Estate() as estate,
        LocalPrefect(Places.made(Path(folder)), free_port()) as prefect,
        pytest.MonkeyPatch.context() as patch,
    ):
        canaries.estate, canaries.folders = estate, [Path(folder)]
        ledger_url = f"sqlite:///{prefect.places.ledger}"
        patch.setenv("REKEY_LEDGER_URL", ledger_url)
        catalog = prefect.places.catalog
        catalog.write_text(estate.catalog(read_settings().catalog.read_text()))
        patch.setenv("REKEY_CATALOG", str(catalog))
        prefect.places.write_worker_file(catalog=catalog, prefect_ui_url=prefect.ui_url)
        prefect.start_server()
        with temporary_settings(client_settings(prefect.environment)):
            seed_blocks(estate.seeds(), load_catalog(catalog))
        ledger = Ledger(SecretStr(ledger_url))
        yield Operator(prefect, estate, ledger, canaries)
