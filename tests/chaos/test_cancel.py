"""Somebody cancels a run of a real worker in Prefect: trading stops at once, and not when watch looks next."""

from __future__ import annotations

import time

import pytest
from prefect.settings import temporary_settings

from blocks.ledger.row import Action
from deployments.local.prefect_login import client_settings
from deployments.setup.register import deploy
from tests.chaos.worker_scenes import SETTINGS, installed
from tests.operator import Operator
from tests.steps.live import MQ_A, PROD, kill_switches
from tests.waiting import wait_until

# A worker that lives sends a signal within seconds; the hook is a process of its own, on a busy machine a slow one.
TIMEOUT_S = 120.0


def form(operator: Operator, run_id: str, field: str, timeout_s: float = TIMEOUT_S) -> None:
    """Wait for the form with this field."""

    def is_shown() -> bool:
        run = next((one for one in operator.robot.runs() if one["id"] == run_id), None)
        keyset = operator.robot.form_of(run) if run else None
        operator.form = operator.form_of(run, keyset) if run and keyset else None
        return operator.form is not None and field in operator.form.fields

    wait_until(is_shown, description=f"the form with {field}", timeout_s=timeout_s)


@pytest.mark.long
@pytest.mark.prefect
def test_a_run_that_is_cancelled_while_its_form_waits_is_held_at_once_by_its_worker() -> None:
    with installed() as operator:
        operator.prefect.start_worker(SETTINGS)
        with temporary_settings(client_settings(operator.prefect.environment)):
            deploy(operator.prefect.environment)
        run_id = operator.robot.start("rotate/alpaca-live")
        form(operator, run_id, "confirm")
        operator.be_ready()
        form(operator, run_id, "key_id")
        # Somebody lets trading go on in the same moment: the hook engages, and does not only say so.
        operator.estate.heroku.set_by_hand(PROD, "TRADING_LIVE_DISABLED", "0")
        began = time.monotonic()
        body = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        operator.api.post(f"/flow_runs/{run_id}/set_state", json=body).raise_for_status()

        wait_until(
            lambda: any(row.action is Action.HELD for row in operator.ledger.rows()),
            description="it is held",
            timeout_s=TIMEOUT_S,
        )

        print(f"held after {time.monotonic() - began:.1f} s")  # noqa: T201  # a figure for whoever runs it
        assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}
        (held,) = (row for row in operator.ledger.rows() if row.action is Action.HELD)
        assert held.context["reason"] == "Its run was cancelled in Prefect. The brakes are on: trading is stopped."
        wait_until(
            lambda: operator.robot.state(run_id)[0] == "CANCELLED", description="Prefect says so", timeout_s=TIMEOUT_S
        )
