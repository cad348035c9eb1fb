"""While a form waits trading stays stopped: a brake that somebody releases is told, and engaged again."""

from __future__ import annotations

import time

import pytest

from blocks.recording import NOTED, Record
from deployments.sandbox.faults import Fault, FaultKind
from tasks import brakes
from tasks.pause import pause
from tests.faults.workplace import hurry
from tests.operator import Operator, wait_until
from tests.steps.beside_the_form import beside, rotation_of, until_told
from tests.steps.live import BRAKES, KILL_SWITCH, MQ_A, PROD, kill_switches
from tests.steps.support import alone
from tests.steps.test_misrotation import alerts

HEALTH = "/health/trading"


@pytest.fixture(autouse=True)
def _stopped(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rotation has stopped trading."""
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")
    hurry(monkeypatch)
    state = alone(lambda: pause(rotation_of(operator)))
    assert state.is_completed(), state.message


def pages(operator: Operator) -> int:
    """How often the page of the first app was asked."""
    return sum(one.path == HEALTH for one in operator.estate.server.journal.of("raptor-prod"))


def let_trading_go_on(operator: Operator) -> None:
    """Somebody sets the kill switch in Heroku's dashboard."""
    operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")


def test_a_brake_that_somebody_releases_while_the_form_waits_is_told_and_engaged_again(operator: Operator) -> None:
    def somebody_changes_it() -> None:
        let_trading_go_on(operator)
        until_told(operator)
        wait_until(lambda: kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}, description="it is engaged again")

    beside(operator, somebody_changes_it)

    (alarm,) = alerts(operator)
    assert alarm.startswith(f"alpaca-live: somebody let trading go on: Somebody changed {BRAKES[PROD]} while")
    assert BRAKES[MQ_A] not in alarm
    (noted,) = (row.context for row in operator.steps("await_human_input") if row.context["outcome"] == NOTED)
    assert "They are proved to be on again." in noted["proofs"][0]


def test_a_brake_that_cannot_be_engaged_again_is_told_once(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brakes, "HELD_PATIENCE_S", 0.3)

    def somebody_changes_it() -> None:
        let_trading_go_on(operator)
        operator.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", status=503, times=None))
        until_told(operator, 2)
        seen = pages(operator)
        wait_until(lambda: pages(operator) >= seen + 3, description="its page is asked again")

    beside(operator, somebody_changes_it)

    assert alerts(operator)[1].startswith("alpaca-live: trading may be on: ")
    assert "Stop trading by hand." in alerts(operator)[1]
    assert [one.split(":")[1] for one in alerts(operator)] == [" somebody let trading go on", " trading may be on"]
    assert len([row for row in operator.steps("await_human_input") if row.context["outcome"] == NOTED]) == 1


def test_a_page_that_says_nothing_is_no_alarm(operator: Operator) -> None:
    def page_is_down() -> None:
        operator.estate.raptors["raptor-prod"].knobs.health_answer = (503, "<html>Starting</html>")
        seen = pages(operator)
        wait_until(lambda: pages(operator) >= seen + 4, description="its page is asked")

    beside(operator, page_is_down)

    assert alerts(operator) == []
    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}


def test_trading_that_goes_on_with_the_verified_pair_is_left_alone(operator: Operator) -> None:
    """Held after the brakes were released: what is left to do then stops no trading."""
    assert alone(lambda: brakes.off(rotation_of(operator), Record())).is_completed()

    beside(operator, lambda: time.sleep(1), "hold")

    assert alerts(operator) == []
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
