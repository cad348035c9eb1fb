"""Prefect resumes a run without a lock: it reads the state, and writes the next one (3.8.8, PostgreSQL).

So an answer in the very moment in which a run leaves its form may make it *Running* after it was left, and no process
is started by that.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Pause

from blocks.ledger.row import Action
from blocks.prefect_api import clock, leave
from deployments.rehearsal.robot import agreed_to
from tests.operator import Operator
from tests.steps.leaving import Rotating, again, as_entered, form_of, read, set_state, stored
from tests.steps.live import kill_switches
from tests.steps.watching import LIVE, PAPER, started, state_of, watched


def answered_late(operator: Operator, run: FlowRun) -> None:
    """Somebody's answer, as Prefect writes it that read the state before the form was left."""
    form = form_of(operator, run.id)
    is_pair = "key_id" in form.fields
    entered = as_entered(operator, operator.regenerate(), run) if is_pair else agreed_to(form.fields)
    stored(operator, run, {"operator": "test operator", **entered})
    set_state(operator, run, "RUNNING")


def test_the_process_that_is_about_to_end_has_it_begun_again(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = leave.settle

    def answered_before(client: SyncPrefectClient, run_id: UUID) -> State[Any] | None:
        answered_late(operator, client.read_flow_run(run_id))
        return settle(client, run_id)

    with monkeypatch.context() as just_then:
        just_then.setattr(leave, "settle", answered_before)
        with pytest.raises(Pause):
            left.begin()

    (run,) = started(PAPER)
    assert state_of(str(run.id))[0] == leave.RESUMING
    assert again(run).is_completed()
    assert len([row for row in operator.ledger.rows() if row.facts.form_left]) == 1


def test_one_that_has_no_process_any_more_is_begun_again(operator: Operator, left_live: Rotating) -> None:
    """Else another run would ask to be ready a second time."""
    run = left_live()
    answered_late(operator, run)

    watched()
    assert state_of(str(run.id))[0] == leave.RESUMING
    watched()

    assert operator.actions() == [Action.STARTED]
    assert set(kill_switches(operator.estate).values()) == {"0"}
    with pytest.raises(Pause):
        again(run)
    assert [row for row in operator.steps("await_readiness") if row.facts.is_done]
    assert set(kill_switches(operator.estate).values()) == {"1"}
    assert len(started(LIVE)) == 1


def test_one_that_dies_again_with_the_same_answer_is_looked_after_as_any_other(
    operator: Operator, left: Rotating
) -> None:
    run = left()
    answered_late(operator, run)
    watched()
    set_state(operator, run, "RUNNING")

    watched()

    assert state_of(str(run.id))[0] == "Taken over"
    assert len(started(PAPER)) == 2


def test_whatever_this_machines_clock_says_it_begins_when_its_process_is_gone(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, at = left(), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    answered_late(operator, run)
    monkeypatch.setattr(clock, "of_server", lambda _: at)
    monkeypatch.setattr(leave, "GONE_AFTER", timedelta(seconds=15))

    watched()

    now = read(run).state
    assert now is not None
    assert (now.name, now.state_details.scheduled_time) == (leave.RESUMING, at + timedelta(seconds=15))
