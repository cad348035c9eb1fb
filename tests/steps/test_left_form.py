"""A run that waits for the new pair may leave its form: its process ends, and whoever answers starts it again."""

from __future__ import annotations

import time
from typing import Any

import pytest

from blocks.ledger.lease import Lease
from blocks.ledger.row import Action
from blocks.prefect_api import leave
from blocks.settings import read_settings
from deployments.rehearsal import proof
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.steps.beside_the_form import ACCOUNT, REFUSED, alerts
from tests.steps.leaving import Rotating, again, read, shown
from tests.steps.watching import PAPER, started, watched
from tests.waiting import wait_until

# The fields that are filled in by hand.
NO_DEFAULTS = {"operator", "stop_here"}


def test_a_form_that_its_run_left_is_answered_and_the_same_run_goes_on(operator: Operator, left: Rotating) -> None:
    before = proof.observe(operator.estate)
    run = left()
    now = read(run)
    assert leave.is_left(now.state), now.state
    assert Lease(read_settings().ledger_url, PAPER).look() is None
    told = len(alerts(operator))

    watched()

    assert started(PAPER) == [read(run)]
    assert len(alerts(operator)) == told, "watch leaves it alone"
    operator.submit(shown(operator).run_id, operator.regenerate())
    watched()
    assert len(started(PAPER)) == 1, "it is about to begin again"

    state = again(run)

    assert state.is_completed(), state.message
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert len([row for row in operator.ledger.rows() if row.action is Action.STARTED]) == 1
    entered = [row for row in operator.steps("await_human_input") if row.context["outcome"] == "done"]
    assert [row.context["operator"] for row in entered] == ["test operator"]
    assert len([row for row in operator.ledger.rows() if row.context.get("outcome") == "waiting"]) == 1


def test_whoever_stops_at_a_form_that_was_left_is_heard(operator: Operator, left: Rotating) -> None:
    run = left()
    empty = {name: one["default"] for name, one in shown(operator).fields.items() if name not in NO_DEFAULTS}
    taken = operator.fill(**empty, stop_here=True)
    assert taken["status"] == "ACCEPT", taken

    state = again(run)

    assert state.name == "Stopped", state.message
    assert operator.actions()[-1] == Action.ABORTED, operator.actions()


def test_that_the_old_pair_died_is_noted_while_the_form_is_left(operator: Operator, left: Rotating) -> None:
    run = left()
    pair = operator.regenerate()

    watched()

    assert [row for row in operator.ledger.rows() if row.context.get("old_died_at")]
    operator.submit(shown(operator).run_id, pair)
    assert again(run).is_completed()


def test_another_start_takes_over_from_a_run_that_left_its_form(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left()
    monkeypatch.delenv("REKEY_FORM_LEAVE_AFTER_S")

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    now = read(run).state
    assert now is not None
    assert (now.name, now.is_final()) == ("Taken over", True)


def test_a_run_without_a_deployment_keeps_its_process(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKEY_FORM_LEAVE_AFTER_S", "0.01")
    monkeypatch.setattr(leave, "left", lambda *_: pytest.fail("it left its form"))

    def slowly(person: Operator) -> Any:
        wait_until(lambda: bool(person.steps("await_human_input")), description="it waits")
        # Several looks at whether somebody answered.
        time.sleep(read_settings().form_poll_s * 3)
        return person.regenerate()

    outcome = operator.rotate(slowly)

    assert outcome.state.is_completed(), outcome.message


def test_whoever_answers_before_anybody_looked_began_an_outage(operator: Operator, left: Rotating) -> None:
    """The report says how long the consumers were down."""
    run = left()
    operator.submit(shown(operator).run_id, operator.regenerate())

    assert again(run).is_completed()

    (died,) = [row for row in operator.ledger.rows() if row.facts.old_died_at]
    assert "or a little longer" in died.facts.proofs[0]


def test_one_refusal_while_its_process_leaves_the_form_is_no_death(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answered, so nobody clicked as far as rekey knows."""
    really, asked = leave.left, list[Fault]()

    def refused_then(client: Any, run_id: Any, paused: Any) -> Any:
        # What is taken for one answer: a few questions in a row.
        refusal = Fault("alpaca-paper", FaultKind.ANSWER, path=ACCOUNT, status=401, body=REFUSED, times=5)
        asked.append(refusal)
        operator.estate.server.plan.add(refusal)
        return really(client, run_id, paused)

    monkeypatch.setattr(leave, "left", refused_then)

    left()

    assert asked
    assert asked[0].times == 0, "it was asked"
    assert not [row for row in operator.ledger.rows() if row.facts.old_died_at]
