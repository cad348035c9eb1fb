"""A key died by itself and its brakes go on: whose they were before is kept, and what is unknown is said as unknown."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

import pytest

from blocks.issuers.alpaca.unknown import YES
from blocks.ledger.row import Action
from blocks.ledger.trading import left_on
from blocks.model.step import Step
from blocks.prefect_api.recording import WAITING
from blocks.proofs import Record
from deployments.sandbox.faults import Fault, FaultKind
from flows.watch import watch
from tasks.brakes import brakes
from tests.health.sudden_deaths import deaths, watched
from tests.health.support import LIVE
from tests.operator import Operator, Outcome
from tests.steps.beside_the_form import alerts
from tests.steps.live import BRAKES, MQ_A, PROD, kill_switches, live_rotation
from tests.steps.support import alone
from tests.steps.watching import deaths_looked_for


def rotated(operator: Operator) -> Outcome:
    """The rotation that follows, to its end. The credential was never rotated, so nothing knows its account."""
    return operator.rotate(
        Operator.be_ready,
        Operator.regenerate_live,
        lambda person: person.choose(YES),
        credential=LIVE,
        reason="account reset",
    )


@pytest.mark.usefixtures("deployments")
@pytest.mark.long
def test_a_brake_that_could_not_be_read_at_the_alarm_is_left_on_and_said_to_be_unknown(operator: Operator) -> None:
    config_vars = f"/apps/{PROD}/config-vars"
    operator.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "GET", config_vars, 500, times=1))
    operator.regenerate_live()
    watched()
    assert deaths(operator)[0].context["engaged_before"] == {BRAKES[PROD]: None, BRAKES[MQ_A]: False}

    outcome = rotated(operator)

    assert outcome.state.is_completed(), outcome.message
    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "0"}
    unknown = f"whether {BRAKES[PROD]} was engaged before is unknown: it is left on; release it by hand if trading is "
    assert unknown in outcome.message
    assert "as it was before" not in outcome.message
    assert unknown in alerts(operator)[-1], "somebody has to look"
    completed = operator.ledger.rows()[-1].context
    assert completed["brakes_unknown_before"] == completed["brakes_left_engaged"] == [BRAKES[PROD]]
    noted = next(row for row in operator.ledger.rows() if row.context.get("step") == "pause")
    assert noted.context["proofs"] == [f"Whether {BRAKES[PROD]} was engaged before is unknown."]


def refuse_deaths(*, begin: bool) -> None:
    """Let the ledger take no row about a death, as if watch were killed right before it, or end that."""
    with sqlite3.connect(os.environ["REKEY_LEDGER_URL"].removeprefix("sqlite:///")) as database:
        if begin:
            database.execute(
                "CREATE TRIGGER no_deaths BEFORE INSERT ON rekey_ledger WHEN NEW.action = 'secret.died' "
                "BEGIN SELECT RAISE(ABORT, 'killed'); END"
            )
        else:
            database.execute("DROP TRIGGER no_deaths")
    database.close()


@pytest.mark.usefixtures("deployments")
def test_a_watch_that_is_killed_before_it_records_the_death_takes_its_own_brakes_for_nobody_elses(
    operator: Operator,
) -> None:
    operator.regenerate_live()
    refuse_deaths(begin=True)
    state: Any = watch(return_state=True)
    assert state.is_failed()
    assert set(kill_switches(operator.estate).values()) == {"1"}
    refuse_deaths(begin=False)

    watched()

    (died,) = deaths(operator)
    assert died.action is Action.DIED
    assert set(died.context["engaged_before"].values()) == {False}
    (noted,) = (row for row in operator.ledger.rows() if row.context.get("step") == "look for death")
    assert died.context["paused_at"] == noted.context["paused_at"]


def test_the_brakes_of_a_rotation_that_goes_on_are_rekeys_own(operator: Operator, deployments: dict[str, str]) -> None:
    """It stopped trading, its run was killed, its plan changed, and it waits for an approval when the key dies."""
    assert deployments
    rotation = live_rotation()
    begun = {"flow_run_id": rotation.flow_run_id, "reason": rotation.reason.value}
    operator.ledger.start(rotation=rotation.id, credential=LIVE, actor="a run", context=begun, only_after=None)
    assert alone(lambda: brakes.on(rotation, Record())).is_completed()
    form = {"step": Step.APPROVE, "outcome": WAITING, "run": rotation.flow_run_id, "form": "paused-approve"}
    operator.ledger.append(Action.STEP, rotation=rotation.id, credential=LIVE, actor="a run", context=form)
    assert set(kill_switches(operator.estate).values()) == {"1"}
    operator.regenerate_live()

    deaths_looked_for()

    (died,) = deaths(operator)
    assert set(died.context["engaged_before"].values()) == {False}
    (noted,) = (row for row in operator.ledger.rows() if row.context.get("step") == "pause")
    assert died.context["paused_at"] == noted.context["paused_at"]


def test_brakes_that_stay_on_are_told_apart_by_what_is_known() -> None:
    told = left_on(["one", "two"], ["two"])

    assert told.startswith("still stopped by one, as it was before this rotation; whether two was engaged before is ")
