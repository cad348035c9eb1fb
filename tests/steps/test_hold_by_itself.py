"""What may pass by itself is tried again by itself, and told once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from prefect import flow

from blocks.errors import StepError
from blocks.ledger.row import Action
from blocks.model.rotation import Decision
from blocks.prefect_api import recording
from deployments.rehearsal import proof
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch, found_before, standstill
from tasks.lookout import lookout
from tasks.rotate.hold import hold
from tasks.run.one_at_a_time import one_at_a_time, this_run
from tests.operator import Operator
from tests.steps.holding import RETRY, STAY, alerts_of_a_hold, break_vault, mend_and, switches
from tests.steps.live import live_rotation
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("_few_tries")


@pytest.mark.long
def test_a_form_that_nobody_fills_in_becomes_held_and_the_outage_begins_only_when_the_old_pair_dies(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays open with trading stopped. The outage ends with the last consumer."""
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.1")
    monkeypatch.setattr(lookout, "MINUTE_S", 0.01)

    def too_late(person: Operator) -> Any:
        wait_until(lambda: bool(alerts_of_a_hold(person)), description="people are told")
        assert switches(person) == ["1", "1"]
        pair = person.regenerate_live()
        wait_until(
            lambda: any("old_died_at" in row.context for row in person.ledger.rows()), description="the death is seen"
        )
        return pair

    outcome = operator.rotate(Operator.be_ready, too_late, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    (row,) = (row for row in operator.ledger.rows() if row.action is Action.HELD)
    assert row.context["reason"] == "Nobody filled in the form within 60 minutes."
    (alarm,) = alerts_of_a_hold(operator)
    assert "fill it in. Trading: stopped since " in alarm
    report = operator.report("alpaca-live")
    assert "| Outage | " in report
    assert " s, from " in report.split("| Outage | ")[1].splitlines()[0]
    assert "| Trading | stopped for " in report


def test_what_passes_by_itself_needs_nobody_and_is_told_once(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault is down from before the submission on, longer than every patience; the pair is safe in Prefect."""
    monkeypatch.setenv("REKEY_HELD_AGAIN_S", "[1]")
    before = proof.observe(operator.estate, "live")
    typed: list[Any] = []
    still_there: list[list[str]] = []

    def break_it(person: Operator) -> Any:
        typed.append(break_vault(person))
        return typed[0]

    def look(person: Operator) -> None:
        still_there.append(person.tables_with(typed[0].secret))

    def look_and_mend(person: Operator) -> None:
        look(person)
        person.estate.server.plan.clear()

    outcome = operator.rotate(Operator.be_ready, break_it, look, look_and_mend, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "rekey tries again by itself, next in 1 s; you need not do anything." in outcome.descriptions[2]
    assert still_there == [["flow_run_input"], ["flow_run_input"]]
    assert [one.split(":")[0] for one in alerts_of_a_hold(operator)] == ["alpaca-live is held"]
    assert "alpaca-live waits for a decision" not in " ".join(alerts_of_a_hold(operator, "rekey_form"))
    assert [row.action for row in operator.ledger.rows()].count(Action.HELD) == 1
    assert operator.steps("hold")[-1].context["proofs"] == ["rekey chose: retry this step."]
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


def test_what_does_not_pass_by_itself_waits_for_a_person(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKEY_HELD_AGAIN_S", "[0.1]")

    def refuse(person: Operator) -> Any:
        person.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", status=403, times=None))
        return person.regenerate_live()

    def look(person: Operator) -> None:
        assert person.form is not None
        assert "by itself" not in person.form.description
        mend_and(STAY)(person)

    outcome = operator.rotate(Operator.be_ready, refuse, look, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert operator.steps("hold")[-1].context["operator"] == "test operator"


TROUBLE = StepError("The vault is down.", "Mend it.")


@flow(name="is held again", persist_result=False)
def is_held_again(credential: str) -> None:
    """A rotation that was tried again by itself, and is held for the same trouble once more."""
    rotation = replace(live_rotation(), flow_run_id=this_run()[0])
    with one_at_a_time(credential):
        recording.write(rotation, Action.STARTED, {"flow_run_id": rotation.flow_run_id, "reason": "scheduled"})
        found_before.note(rotation)
        standstill.note(rotation, proved=True)
        for _ in range(2):
            hold(rotation, Decision(held_for=str(TROUBLE), again=1), TROUBLE)


def test_brakes_that_are_not_proved_any_more_are_told_once_although_the_trouble_is_an_old_one(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake_switch, "HELD_PATIENCE_S", 0.3)
    operator.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", status=503, times=None))

    outcome = operator.rotate(*[lambda one: one.choose(RETRY)] * 2, flow=is_held_again, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    (alarm,) = alerts_of_a_hold(operator)
    assert alarm.startswith("alpaca-live: trading may be on: The brakes are NOT proved to be on: ")
