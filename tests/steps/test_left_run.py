"""A run that cannot go on is never waited for: cancelled at its form, left by its worker, or never begun."""

from __future__ import annotations

from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Cancelling, Running

from blocks.errors import RunOver
from blocks.ledger.row import Action
from blocks.prefect_api.prefect_page import pause_with
from deployments.rehearsal import proof
from flows.rotate import rotate
from tasks.person.forms import Signed
from tasks.run.one_at_a_time import this_run
from tasks.watch.on_cancellation import hold_at_once
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.left_runs import alive, begun
from tests.steps.live import MQ_A, PROD, kill_switches
from tests.steps.support import alone
from tests.steps.watching import LIVE, PAPER, watched

STOPPED = {PROD: "1", MQ_A: "1"}


def set_state(run_id: str, state: State[object]) -> None:
    """As Prefect's page and its services do."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(UUID(run_id), state, force=True)


def holds(operator: Operator) -> list[str]:
    """Why it is held, each time."""
    return [row.context["reason"] for row in operator.ledger.rows() if row.action is Action.HELD]


@pytest.mark.parametrize("state", ["cancelling", pytest.param("cancelled", marks=pytest.mark.long)])
@pytest.mark.long
def test_a_run_without_a_worker_that_is_cancelled_at_its_form_ends_held(operator: Operator, state: str) -> None:
    """Nobody ends its process; it looks at its own state."""

    def cancel(person: Operator) -> None:
        assert person.form is not None
        body = {"state": {"type": state.upper(), "name": state.capitalize()}, "force": True}
        person.api.post(f"/flow_runs/{person.form.run_id}/set_state", json=body).raise_for_status()

    outcome = operator.rotate(Operator.be_ready, cancel, credential=LIVE)

    assert outcome.state.name == "Stopped", outcome.message
    assert "The run was taken from its form: Prefect says Cancel" in outcome.message
    assert len(holds(operator)) == 1
    assert kill_switches(operator.estate) == STOPPED
    assert [one.split(":")[0] for one in alerts(operator) if "is held" in one] == ["alpaca-live is held"]
    rows = len(operator.ledger.rows())
    watched()
    assert len(operator.ledger.rows()) == rows, "told once"


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("state", [Cancelling(), Cancelled()])
def test_a_run_that_is_cancelled_before_its_form_comes_waits_for_none(state: State[object]) -> None:
    """Prefect refuses the pause: asked again and again there would be a row of the ledger each time, for ever."""
    shown: list[bool] = []
    ended: list[bool] = []

    def cancelled() -> None:
        run_id, _ = this_run()
        set_state(run_id, state)
        with pytest.raises(RunOver, match=f"Prefect says {state.name}"):
            pause_with(Signed, "r-1-a-form", "Waits.", lambda: shown.append(True), timeout_s=5, poll_s=0.1)
        ended.append(True)
        set_state(run_id, Running())

    alone(cancelled)

    assert (shown, ended) == ([], [True])


def test_a_process_whose_run_is_over_is_told_of_once_and_a_new_start_takes_over(operator: Operator) -> None:
    before = proof.observe(operator.estate)
    run = begun(operator, PAPER)
    set_state(str(run.id), Cancelled())
    with alive(run, PAPER) as lease:
        watched()
        watched()
        (told,) = alerts(operator)
        assert told.startswith("alpaca-paper: a run neither goes on nor ends: Prefect says Cancelled of its run")

        outcome = operator.rotate(Operator.regenerate)

        assert lease.lost
    assert outcome.state.is_completed(), outcome.message
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)


def test_trading_stops_at_once_when_a_run_is_cancelled_and_watch_finds_it_held(operator: Operator) -> None:
    """The hook alone, as the worker calls it: outside of any run."""
    run = begun(operator, LIVE)
    set_state(str(run.id), Cancelling())
    assert set(kill_switches(operator.estate).values()) == {"0"}

    hold_at_once(rotate, run, Cancelling())

    assert kill_switches(operator.estate) == STOPPED
    assert holds(operator) == ["Its run was cancelled in Prefect. The brakes are on: trading is stopped."]
    rows = len(operator.ledger.rows())
    watched()
    assert len(operator.ledger.rows()) == rows, "told once"


def test_a_cancelled_run_whose_rotation_another_run_carries_out_is_left_alone(operator: Operator) -> None:
    run = begun(operator, LIVE)
    set_state(str(run.id), Cancelling())
    rows = len(operator.ledger.rows())
    with alive(run, LIVE):
        hold_at_once(rotate, run, Cancelling())

    assert len(operator.ledger.rows()) == rows
    assert set(kill_switches(operator.estate).values()) == {"0"}
