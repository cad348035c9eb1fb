"""A run that left its form and is over since, or was suspended by somebody: no form of it waits any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.schemas.objects import FlowRun

from blocks.ledger.row import Action
from blocks.prefect_api import leave
from blocks.settings import read_settings
from deployments.cli import closing
from tasks.run import submissions
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.leaving import Rotating, again, form_of, leaving, left_again, read, set_state
from tests.steps.support import told
from tests.steps.watching import LIVE, PAPER, set_cancelled, started, watched


@pytest.fixture
def stopped(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlowRun]:
    """A rotation of the live pair, with trading stopped while nobody enters the new pair."""
    with leaving(operator, tmp_path, monkeypatch, LIVE) as rotating:
        run = rotating()
        operator.be_ready()
        left_again(run)
        yield run


def test_one_that_was_held_when_it_was_cancelled_and_retried_since_is_started_again(
    operator: Operator, stopped: FlowRun
) -> None:
    set_cancelled(str(stopped.id))
    watched()
    assert [row.facts.why for row in operator.ledger.rows() if row.action is Action.HELD]
    set_state(operator, stopped, "SCHEDULED", "Retry")
    left_again(stopped)
    assert len(started(LIVE)) == 1
    set_state(operator, stopped, "CRASHED")

    watched()

    assert len(started(LIVE)) == 2


def test_one_that_somebody_suspended_in_prefect_is_held(operator: Operator, stopped: FlowRun) -> None:
    set_state(operator, stopped, "PAUSED", leave.SUSPENDED, pause_reschedule=True)

    watched()
    watched()

    (held,) = [row for row in operator.ledger.rows() if row.action is Action.HELD]
    assert held.facts.why == "Its run was suspended in Prefect."
    assert [one for one in alerts(operator) if one.startswith("alpaca-live is held")]
    assert len(started(LIVE)) == 1


def test_one_whose_form_was_answered_before_it_was_suspended_is_started_again(
    operator: Operator, left: Rotating
) -> None:
    """Rekey's own wish to leave the form came to Prefect after the answer."""
    run = left()
    start = operator.ledger.open_start(PAPER)
    assert start is not None
    facts = {"step": "await_human_input", "outcome": "done", "seconds": 0, "proofs": []}
    operator.ledger.append(Action.STEP, rotation=start.rotation, credential=PAPER, actor="somebody", context=facts)
    assert leave.is_left(read(run).state)

    watched()

    assert len(started(PAPER)) == 2


def test_an_answer_that_comes_when_the_rotation_was_closed_by_hand_begins_no_other(
    operator: Operator, left: Rotating
) -> None:
    """Prefect was away when it was closed, so its form stayed open."""
    run = left()
    start = operator.ledger.open_start(PAPER)
    assert start is not None
    facts = {"reason": "done in the dashboard"}
    assert list(closing.close(read_settings(), operator.ledger, start, "somebody", facts))
    form = form_of(operator, run.id).key.removesuffix("-response")
    operator.submit(str(run.id), operator.regenerate(), stop_here=False)

    said = told(again(run))

    assert "is over, so the answer counts for nothing" in said
    assert "with reason 'account reset' if its keys were regenerated" in said
    assert submissions.values(str(run.id), form) is None
    assert [row.action for row in operator.ledger.rows()][-1] == Action.ABORTED
