"""A run that was refused is not started again in vain: its rotation is held, and people hear why."""

from __future__ import annotations

from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Failed

from blocks.ledger.row import Action
from blocks.prefect_api.deployed import REFUSED
from blocks.prefect_api.ended import RAISED, as_it_ended
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.left_runs import begun
from tests.steps.watching import PAPER, dead_runs_looked_after, started

WHY = f"{REFUSED}: its pull steps are other ones. Run `rekey register`, then start the deployment."
BY_REFUSAL: State[Any] = Failed(message=f"{RAISED}StepError: {WHY}")


def holds(operator: Operator) -> list[str]:
    """Why it is held, as the ledger has it."""
    return [row.facts.why for row in operator.ledger.rows() if row.action is Action.HELD]


@pytest.mark.usefixtures("deployments")
def test_it_is_held_with_that_very_reason(operator: Operator) -> None:
    begun(operator, PAPER, BY_REFUSAL)

    dead_runs_looked_after()
    dead_runs_looked_after()

    assert started(PAPER) == []
    assert holds(operator) == [WHY]
    (told,) = alerts(operator)
    # Slack would make code of what stands between backticks.
    assert told.startswith(f"alpaca-paper is held: {WHY}".replace("`", "'"))


@pytest.mark.usefixtures("deployments")
def test_one_that_watch_started_and_that_came_to_nothing_is_the_last_one(operator: Operator) -> None:
    """The ledger does not know of that run: it was refused before it took the lease."""
    begun(operator, PAPER)
    dead_runs_looked_after()
    (again,) = started(PAPER)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(again.id, BY_REFUSAL, force=True)

    dead_runs_looked_after()

    assert [one.id for one in started(PAPER)] == [again.id]
    assert holds(operator) == [WHY]


@pytest.mark.usefixtures("deployments")
def test_people_hear_why_a_run_failed_and_no_word_of_a_foreign_error(operator: Operator) -> None:
    begun(operator, PAPER, Failed(message=f"{RAISED}LedgerError: The ledger is full. Make room."))

    dead_runs_looked_after()

    assert "The process of its run is gone (Prefect says Failed: The ledger is full. Make room)." in alerts(operator)[0]
    foreign = as_it_ended(Failed(message=f"{RAISED}ValueError: whatever was typed"))
    assert (foreign.why, foreign.said) == ("", "Prefect says Failed")
