"""After the click nothing fails: what cannot go on is held with the brakes on, told, and decided by a person."""

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
from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch, brakes, standstill
from tasks.lookout import lookout
from tasks.rotate.hold import hold
from tasks.rotate.hold_form import Held, text_of
from tasks.run.one_at_a_time import one_at_a_time, this_run
from tests.operator import Operator
from tests.steps.beside_the_form import Away
from tests.steps.holding import RETRY, STAY, alerts_of_a_hold, break_vault, mend_and, switches
from tests.steps.live import live_rotation
from tests.waiting import wait_until

ANOTHER = "enter another pair"

pytestmark = pytest.mark.usefixtures("_few_tries")


def break_cleaning(operator: Operator) -> Any:
    """Regenerate; from now on the vault deletes nothing, so the rotation is held when trading goes on already."""
    fault = Fault("infisical", FaultKind.ANSWER, "DELETE", ".*secrets.*", status=503, times=None)
    operator.estate.server.plan.add(fault)
    return operator.regenerate_live()


def test_a_held_rotation_tells_why_and_what_to_do_and_goes_on_with_the_same_pair(operator: Operator) -> None:
    before = proof.observe(operator.estate, "live")

    outcome = operator.rotate(Operator.be_ready, break_vault, mend_and(RETRY), credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    held = outcome.descriptions[2]
    assert held.startswith("### Choose how to go on: alpaca-live is held")
    assert "\n\nThe brakes are on: trading is stopped. Trading: stopped since " in held
    assert "Infisical: create secrets failed: the vendor is in trouble (HTTP 503)." in held
    assert "then try again: it goes on where it stopped." in held
    assert "The brakes are on: trading is stopped." in held
    (row,) = (row for row in operator.ledger.rows() if row.action is Action.HELD)
    assert "Infisical: create secrets failed" in row.context["reason"]
    assert row.context["what_would_help"]
    (alert,) = alerts_of_a_hold(operator)
    assert alert.startswith("alpaca-live is held: Infisical")
    assert "Trading: stopped since" in alert
    forms = alerts_of_a_hold(operator, "rekey_form")
    assert [one.split(":")[0] for one in forms] == [
        "alpaca-live waits for you to be ready",
        "alpaca-live waits for the new pair",
    ], "that it is held tells its form as well"
    assert "Trading: stopped since" in forms[1]
    goes_on, end = alerts_of_a_hold(operator, "rekey_news")
    assert goes_on.startswith("alpaca-live goes on: test operator chose: retry this step. Trading: stopped since")
    assert end.startswith("alpaca-live was rotated: Pair ")
    assert "Trading: on again since" in end
    assert "; it was stopped for" in end
    _, told, completed = operator.ledger.rows()[-3:]
    assert (told.context["end_told"], completed.action) == ("alpaca-live was rotated", Action.COMPLETED)
    assert operator.ledger.rows()[-3].context["step"] == "resume"
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


@pytest.mark.long
def test_stopping_stays_held_with_the_brakes_on_also_when_the_next_run_cannot_begin_and_one_goes_on_without_asking(
    operator: Operator,
) -> None:
    """Three runs: held and stopped, held because preflight finds the same trouble, and on to the end."""
    before = proof.observe(operator.estate, "live")

    first = operator.rotate(Operator.be_ready, break_vault, lambda one: one.choose(STAY), credential="alpaca-live")
    while_held = [switches(operator)]
    second = operator.rotate(mend_and(STAY), credential="alpaca-live")
    while_held.append(switches(operator))
    third = operator.rotate(credential="alpaca-live")

    for stopped in (first, second):
        assert (stopped.state.type.value, stopped.state.name) == ("CANCELLED", "Stopped")
        assert "alpaca-live stays held. The brakes are on: trading is stopped." in stopped.message
    assert while_held == [["1", "1"], ["1", "1"]]
    assert second.descriptions[0].startswith("### Choose how to go on: alpaca-live is held\n\nPreflight found")
    assert "what was done before stays done" in second.descriptions[0]
    assert "The brakes are on: trading is stopped." in second.descriptions[0]
    assert third.state.is_completed(), third.message
    assert third.descriptions == []
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


@pytest.mark.long
def test_an_error_of_rekey_itself_in_the_brakes_does_not_keep_the_form_from_coming(
    operator: Operator,
) -> None:
    def with_an_error(person: Operator) -> Any:
        monkeypatch.setattr(brake_switch, "set_all", lambda *_, **__: 1 / 0)
        return break_vault(person)

    def without_it(person: Operator) -> None:
        monkeypatch.undo()
        mend_and(RETRY)(person)

    with pytest.MonkeyPatch.context() as monkeypatch:
        outcome = operator.rotate(Operator.be_ready, with_an_error, without_it, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    told = "The brakes are NOT proved to be on: rekey itself failed (ZeroDivisionError). Stop trading by hand."
    assert told in outcome.descriptions[2]


@pytest.mark.long
def test_another_pair_is_asked_for_with_the_reason_and_brakes_that_cannot_be_proved_are_said_to_be_not_proved(
    operator: Operator,
) -> None:
    """Held because the vault is down, and with the other pair because a dyno crashes: the form and people read why."""

    def crash(person: Operator) -> Any:
        person.estate.heroku.knobs.crash_on_boot = True
        return person.regenerate_live()

    def mend(person: Operator) -> None:
        person.estate.heroku.knobs.crash_on_boot = False
        for app in LIVE_RUNTIMES.values():
            person.estate.heroku.apps[app].change({"MENDED": "1"}, "developer@example.com")
        person.choose(RETRY)

    outcome = operator.rotate(Operator.be_ready, break_vault, mend_and(ANOTHER), crash, mend, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "test operator chose to enter another pair: click **Regenerate** once more." in outcome.descriptions[3]
    assert len(operator.steps("await_human_input")) >= 4
    assert "a dyno of release v3 crashed while it started" in outcome.descriptions[4]
    assert "The brakes are NOT proved to be on" in outcome.descriptions[4]
    assert "Stop trading by hand." in outcome.descriptions[4]
    told = ["alpaca-live is held", "alpaca-live is held", "alpaca-live"]
    assert [one.split(":")[0] for one in alerts_of_a_hold(operator)] == told
    assert "trading may be on" in alerts_of_a_hold(operator)[2]


def test_what_is_wrong_after_the_release_stops_no_trading_but_an_application_that_says_no_does(
    operator: Operator,
) -> None:
    """The pair is proved and trading goes on: only cleaning up in the vault is left, and it fails.

    The next try verifies again, and the pair that was proved trades in no account any more.
    """
    seen: list[list[str | None]] = []
    releases: list[int] = []
    knobs = operator.estate.raptors["raptor-prod"].knobs

    def break_the_application(person: Operator) -> None:
        seen.append(switches(person))
        releases.extend(len(person.estate.heroku.apps[app].releases) for app in LIVE_RUNTIMES.values())
        knobs.account_answer = (200, {"status": "ACTIVE", "account_number": "another"})
        mend_and(RETRY)(person)

    def mend_the_application(person: Operator) -> None:
        seen.append(switches(person))
        knobs.account_answer = None
        person.choose(RETRY)

    outcome = operator.rotate(
        Operator.be_ready, break_cleaning, break_the_application, mend_the_application, credential="alpaca-live"
    )

    assert outcome.state.is_completed(), outcome.message
    assert seen == [["0", "0"], ["1", "1"]]
    assert "Trading goes on with the new pair, which was proved before" in outcome.descriptions[2]
    assert releases == [4, 4], "no brake was touched because of it"
    assert "raptor-prod does not trade in account" in outcome.descriptions[3]
    assert "The brakes are on: trading is stopped." in outcome.descriptions[3]
    assert [one for one in alerts_of_a_hold(operator) if "somebody let trading go on" in one] == [], (
        "rekey did so itself"
    )
    assert switches(operator) == ["0", "0"]


def test_a_ledger_that_is_away_takes_back_nothing_that_the_form_says_of_the_brakes(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def text() -> str:
        return text_of(rotation, "Why.", brakes.ON, None, form=Held, again_s=None)

    rotation, stopped = live_rotation(), {"engaged_before": {"brake": False}, "paused_at": "2026-11-22T10:00:00+00:00"}
    facts = {"step": "pause", "outcome": "done", "seconds": 0, "proofs": [], **stopped}
    operator.ledger.append(Action.STEP, rotation=rotation.id, credential="alpaca-live", actor="rekey", context=facts)
    assert f"\n\n{brakes.ON} Trading: stopped since 2026-11-22 10:00:00 UTC, for " in text()
    Away(monkeypatch).goes()
    assert f"\n\n{brakes.ON}\n" in text()


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
        brakes.note(rotation)
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
