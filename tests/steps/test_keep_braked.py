"""While a rotation is held and no run of it lives, watch looks after its brakes, and tells only what changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.ledger.history import History
from blocks.ledger.row import Action
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch, standstill
from tasks.person.tell_end import trading
from tasks.watch import look_after
from tests.faults.workplace import hurry
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.live import BRAKES, KILL_SWITCH, LIVE, MQ_A, PROD, kill_switches, live_rotation
from tests.steps.support import alone
from tests.steps.watching import dead_runs_looked_after, watched

STOPPED = {PROD: "1", MQ_A: "1"}
A_RUN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def _hurried(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.1")
    monkeypatch.setattr(brake_switch, "KEPT_ON_PATIENCE_S", 1.0)


def held(operator: Operator, *, proved: bool) -> None:
    """A rotation whose run is gone, and for which watch engaged the brakes, or could not."""
    facts = {"step": "pause", "outcome": "noted", "engaged_before": dict.fromkeys(BRAKES.values(), False)}
    rows: list[tuple[Action, dict[str, Any]]] = [
        (Action.STARTED, {"flow_run_id": A_RUN, "reason": "scheduled"}),
        (Action.STEP, {**facts, "paused_at": datetime.now(UTC).isoformat(), "proofs": []}),
        (Action.STEP, {"step": "pause", "outcome": "noted", "brakes_proved": proved, "proofs": []}),
        (
            Action.HELD,
            {"step": look_after.STEP, "run": A_RUN, "reason": "Its run was cancelled.", "what_would_help": ""},
        ),
    ]
    for action, context in rows:
        operator.ledger.append(action, rotation="r-test", credential=LIVE, actor="somebody", context=context)
    if proved:
        for app in STOPPED:
            operator.estate.heroku.set_by_hand(app, KILL_SWITCH, "1")


def messages(operator: Operator) -> list[str]:
    """The headlines of everything that people were told."""
    return [one["text"].split(": ")[1] for one in operator.estate.slack.messages]


def test_a_brake_that_somebody_releases_while_it_is_held_is_told_once_and_engaged_again(operator: Operator) -> None:
    held(operator, proved=True)
    watched()
    before = len(operator.ledger.rows())
    assert messages(operator) == [], "nothing changed"
    operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")

    watched()

    assert kill_switches(operator.estate) == STOPPED
    (alarm,) = alerts(operator)
    assert alarm.startswith(f"alpaca-live: somebody let trading go on: Somebody changed {BRAKES[PROD]} while")
    assert "start the rotation again where no form waits" in alarm
    (row,) = operator.ledger.rows()[before:]
    assert "They are proved to be on again." in row.context["proofs"][0]
    watched()
    assert len(alerts(operator)) == 1
    assert len(operator.ledger.rows()) == before + 1


def test_a_brake_that_cannot_be_engaged_again_is_told_once_and_tried_each_minute(operator: Operator) -> None:
    held(operator, proved=True)
    operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")
    operator.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", status=503, times=None))

    dead_runs_looked_after()
    rows = len(operator.ledger.rows())
    dead_runs_looked_after()

    assert messages(operator) == ["somebody let trading go on", "trading may be on"]
    assert len(operator.ledger.rows()) == rows
    assert "the brakes are not proved to be on" in trading(replace(live_rotation(), id="r-test"))
    operator.estate.server.plan.clear()
    dead_runs_looked_after()
    assert kill_switches(operator.estate) == STOPPED
    assert messages(operator)[2:] == ["trading is stopped now"]
    assert "stopped since" in trading(replace(live_rotation(), id="r-test"))


def test_brakes_that_heroku_did_not_take_when_it_was_held_are_engaged_as_soon_as_it_does(operator: Operator) -> None:
    held(operator, proved=False)

    dead_runs_looked_after()
    dead_runs_looked_after()

    assert kill_switches(operator.estate) == STOPPED
    assert messages(operator) == ["trading is stopped now"]
    assert alerts(operator) == [], "it asks nobody for anything new"


def test_what_a_page_does_not_say_is_no_alarm(operator: Operator) -> None:
    held(operator, proved=True)
    operator.estate.raptors["raptor-prod"].knobs.health_answer = (503, "<html>Starting</html>")

    dead_runs_looked_after()

    assert messages(operator) == []


def test_a_reminder_says_what_is_so_of_the_brakes_now_and_not_what_was_so_when_it_was_held(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_after, "REMIND_AFTER", timedelta(0))

    def reminded() -> None:
        rotation = live_rotation()
        look_after.hold_for(rotation, "Its run was cancelled.", look_after.HELPS)
        standstill.note(rotation, proved=False)
        look_after._remind(rotation, History.fold(operator.ledger.rows()))

    assert alone(reminded).is_completed()

    then, now = alerts(operator)
    assert "The brakes are on: trading is stopped." in then
    assert now.startswith("alpaca-live is still held: Its run was cancelled. Start the rotation again")
    assert "The brakes are on" not in now
    assert "the brakes are not proved to be on" in now


def test_trading_that_goes_on_with_a_verified_pair_is_not_stopped(operator: Operator) -> None:
    held(operator, proved=True)
    resumed = {"step": "resume", "outcome": "noted", "resumed_at": datetime.now(UTC).isoformat(), "proofs": []}
    operator.ledger.append(Action.STEP, rotation="r-test", credential=LIVE, actor="somebody", context=resumed)
    for app in STOPPED:
        operator.estate.heroku.set_by_hand(app, KILL_SWITCH, "0")

    dead_runs_looked_after()

    assert messages(operator) == []
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
