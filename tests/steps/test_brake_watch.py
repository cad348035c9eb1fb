"""From pause to resume trading stays stopped: a brake that somebody releases is told, and engaged again."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from blocks.ledger.ledger import Ledger
from blocks.model.step import Step
from blocks.prefect_api.recording import NOTED, recorded
from blocks.proofs import Record
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch, brakes
from tasks.lookout.beside_the_run import looked_after
from tasks.rotate.pause import pause
from tests.faults.workplace import hurry
from tests.operator import Operator
from tests.steps.beside_the_form import alerts, rotation_of, until_told
from tests.steps.live import BRAKES, KILL_SWITCH, MQ_A, PROD, Rotated, kill_switches, live_rotation, meanwhile
from tests.steps.support import alone
from tests.waiting import wait_until

HEALTH = "/health/trading"
STOPPED = {PROD: "1", MQ_A: "1"}


@pytest.fixture(autouse=True)
def _often(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")
    hurry(monkeypatch)


def after_pause(operator: Operator, meanwhile: Callable[[], object], step: Step = Step.PROPAGATE) -> None:
    """Stop trading, and let this happen in a later step."""

    def steps() -> None:
        with looked_after():
            pause(rotation_of(operator))
            with recorded(live_rotation(), step):
                meanwhile()

    state = alone(steps)
    assert state.is_completed(), state.message


def pages(operator: Operator) -> int:
    """How often the page of the first app was asked."""
    return sum(one.path == HEALTH for one in operator.estate.server.journal.of("raptor-prod"))


def let_trading_go_on(operator: Operator) -> None:
    """Somebody sets the kill switch in Heroku's dashboard."""
    operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")


def noted(operator: Operator) -> list[str]:
    """What was noted about brakes that somebody changed, with the step."""
    rows = [row.context for row in operator.ledger.rows() if row.context.get("outcome") == NOTED]
    return [f"{one['step']}: {text}" for one in rows for text in one["proofs"] if text.startswith("Somebody changed")]


@pytest.mark.parametrize("step", [Step.PROPAGATE, pytest.param(Step.AWAIT_HUMAN_INPUT, marks=pytest.mark.long)])
def test_a_brake_that_somebody_releases_in_any_step_is_told_and_engaged_again(operator: Operator, step: Step) -> None:
    def somebody_changes_it() -> None:
        let_trading_go_on(operator)
        until_told(operator)
        wait_until(lambda: kill_switches(operator.estate) == STOPPED, description="it is engaged again")
        wait_until(lambda: bool(noted(operator)), description="it is written down")

    after_pause(operator, somebody_changes_it, step)

    (alarm,) = alerts(operator)
    assert alarm.startswith(f"alpaca-live: somebody let trading go on: Somebody changed {BRAKES[PROD]} while")
    assert BRAKES[MQ_A] not in alarm
    (told,) = noted(operator)
    assert told.startswith(f"{step}: ")
    assert "They are proved to be on again." in told


def test_a_brake_that_cannot_be_engaged_again_is_told_once(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake_switch, "HELD_PATIENCE_S", 0.3)

    def somebody_changes_it() -> None:
        let_trading_go_on(operator)
        operator.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", status=503, times=None))
        until_told(operator, 2)
        seen = pages(operator)
        wait_until(lambda: pages(operator) >= seen + 3, description="its page is asked again")

    after_pause(operator, somebody_changes_it)

    assert alerts(operator)[1].startswith("alpaca-live: trading may be on: ")
    assert "Stop trading by hand." in alerts(operator)[1]
    assert [one.split(":")[1] for one in alerts(operator)] == [" somebody let trading go on", " trading may be on"]
    assert len(noted(operator)) == 1


def test_a_page_that_says_nothing_is_no_alarm(operator: Operator) -> None:
    def page_is_down() -> None:
        operator.estate.raptors["raptor-prod"].knobs.health_answer = (503, "<html>Starting</html>")
        seen = pages(operator)
        wait_until(lambda: pages(operator) >= seen + 4, description="its page is asked")

    after_pause(operator, page_is_down)

    assert alerts(operator) == []
    assert kill_switches(operator.estate) == STOPPED


def test_trading_that_goes_on_with_the_verified_pair_is_left_alone_and_nobody_asks_after_the_run(
    operator: Operator,
) -> None:
    """Held after the brakes were released: what is left to do then stops no trading."""

    def released() -> None:
        brakes.off(rotation_of(operator), Record())
        time.sleep(1)

    after_pause(operator, released, Step.HOLD)

    assert alerts(operator) == []
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
    asked = pages(operator)
    time.sleep(0.5)
    assert pages(operator) == asked


def test_a_brake_that_a_later_run_finds_off_is_told(operator: Operator) -> None:
    """Somebody released it between two runs of the rotation; the second run must not put it back without a word."""
    after_pause(operator, lambda: None)
    let_trading_go_on(operator)

    after_pause(operator, lambda: None)

    assert [one.split(":")[1] for one in alerts(operator)] == [" somebody let trading go on"]
    assert kill_switches(operator.estate) == STOPPED


@pytest.mark.long
def test_a_brake_that_propagate_finds_off_is_told_and_never_put_back_without_a_word(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread beside the run does not look this time: the step itself finds it."""
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "60")
    meanwhile(operator, "propagate", "infisical", lambda: let_trading_go_on(operator))

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live)

    rotated.assert_well()
    (told,) = noted(operator)
    assert told.startswith("propagate: ")
    assert "They are proved to be on again." in told
    assert alerts(operator)[0].startswith(f"alpaca-live: somebody let trading go on: Somebody changed {BRAKES[PROD]}")
