"""Watch ends a dead run in Prefect, whatever becomes of its rotation: nothing shows as running that has no process."""

from __future__ import annotations

from typing import Any

import pytest
from prefect.client.schemas.objects import State
from prefect.states import Cancelling, Paused, Running

from blocks.ledger.row import Action
from blocks.prefect_api.ended import Ended
from blocks.prefect_api.prefect_runs import ended
from deployments.sandbox.faults import Fault, FaultKind
from flows.watch import watch
from tasks.watch.end_dead import CLOSED, LEFT
from tests.operator import Operator
from tests.steps import left_runs
from tests.steps.support import shaky
from tests.steps.watching import LIVE, PAPER, dead_runs_looked_after, started, state_of, watched

GOES_ON = "Its process is gone. Its rotation goes on in http"


def of(run: Any) -> Ended:
    """What Prefect says of it."""
    return ended(str(run.id))


@pytest.mark.usefixtures("deployments")
@pytest.mark.parametrize("state", [Running(), Paused()], ids=lambda state: state.name)
def test_the_run_of_a_rotation_that_is_closed_is_over(operator: Operator, state: State[Any]) -> None:
    """As of a worker that was killed while its run was in preflight."""
    run = left_runs.begun(operator, LIVE, state, paused=False)

    dead_runs_looked_after()

    assert operator.actions() == [Action.STARTED, Action.ABORTED]
    assert state_of(str(run.id)) == ("Taken over", CLOSED)
    assert of(run).is_over


@pytest.mark.usefixtures("deployments")
def test_the_run_of_a_rotation_that_is_started_again_is_over_before_the_new_one_begins(operator: Operator) -> None:
    run = left_runs.begun(operator, PAPER, Running())

    dead_runs_looked_after()

    (again,) = started(PAPER)
    name, message = state_of(str(run.id))
    assert (name, message.startswith(GOES_ON), str(again.id) in message) == ("Taken over", True, True)


def test_the_run_of_a_rotation_that_is_held_is_over(operator: Operator) -> None:
    """Nothing can be started without its deployment."""
    run = left_runs.begun(operator, PAPER, Running())

    dead_runs_looked_after()

    assert operator.ledger.rows()[-1].action is Action.HELD
    assert state_of(str(run.id)) == ("Taken over", LEFT)


@pytest.mark.usefixtures("deployments")
def test_one_that_somebody_cancelled_and_no_worker_ended_is_cancelled_and_stays_so(operator: Operator) -> None:
    run = left_runs.begun(operator, PAPER, Cancelling())

    dead_runs_looked_after()
    rows = len(operator.ledger.rows())
    dead_runs_looked_after()

    assert operator.ledger.rows()[-1].context["why"] == "Its run was cancelled in Prefect."
    assert len(operator.ledger.rows()) == rows, "told once"
    assert state_of(str(run.id)) == ("Cancelled", LEFT)
    assert started(PAPER) == []


@pytest.mark.usefixtures("deployments")
def test_while_prefect_does_not_end_it_the_rotation_is_not_closed_and_then_both_are_over(operator: Operator) -> None:
    """Nobody looks after a rotation that is closed: its run would be shown as running for good."""
    run = left_runs.begun(operator, LIVE, Running(), paused=False)
    away = Fault("prefect", FaultKind.ANSWER, "POST", f"/api/flow_runs/{run.id}/set_state", 503, times=None)
    with shaky(operator.prefect, away):
        state: Any = watch(return_state=True)

    assert state.is_failed()
    assert operator.actions() == [Action.STARTED]
    watched()

    assert operator.actions() == [Action.STARTED, Action.ABORTED]
    assert state_of(str(run.id)) == ("Taken over", CLOSED)
