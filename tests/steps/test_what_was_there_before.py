"""What somebody else did is respected, and what was done before is neither lost nor believed for too long."""

from __future__ import annotations

import pytest

from blocks.model.rotation import Reason
from blocks.model.step import Step
from deployments.sandbox.faults import Fault, FaultKind
from tasks.run import questions
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.live import BRAKES, END, KILL_SWITCH, MQ_A, PROD, kill_switches, live_rotation
from tests.steps.support import alone, told

pytestmark = pytest.mark.usefixtures("_few_tries")


def set_switch(operator: Operator, app: str, value: str) -> None:
    """Somebody stops or starts trading by hand."""
    operator.estate.heroku.apps[app].change({KILL_SWITCH: value}, "somebody@example.com")


def test_a_brake_of_which_nothing_was_noted_is_not_released(operator: Operator) -> None:
    """Heroku was down when rekey would have looked: then nothing was engaged either."""
    set_switch(operator, MQ_A, "1")

    def heroku_fails(person: Operator) -> None:
        person.estate.server.plan.add(
            Fault("heroku", FaultKind.ANSWER, "GET", "/apps/[^/]+/config-vars", 500, times=None)
        )
        person.be_ready()

    def mended(person: Operator) -> None:
        person.estate.server.plan.clear()
        person.choose(END)

    outcome = operator.rotate(heroku_fails, mended, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "1"}


def test_a_value_that_rekey_does_not_know_counts_as_somebodys_brake(operator: Operator) -> None:
    set_switch(operator, MQ_A, "true")
    operator.estate.raptors["mq-a"].knobs.health_answer = (200, {"live_enabled": False})

    outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "1"}
    assert operator.ledger.rows()[-1].context["brakes_left_engaged"] == [f"{KILL_SWITCH} on {MQ_A}"]
    left = f"Trading: still stopped by {BRAKES[MQ_A]}, as it was before this rotation."
    assert left in outcome.message


def test_a_page_that_says_stopped_without_a_brake_is_found_before_anything_is_stopped(operator: Operator) -> None:
    operator.estate.raptors["mq-a"].knobs.health_answer = (200, {"live_enabled": False})

    outcome = operator.rotate(credential="alpaca-live")

    assert outcome.state.is_failed()
    assert "something else stops trading" in outcome.message


def test_a_value_that_stops_nothing_is_found_before_anything_is_stopped(operator: Operator) -> None:
    """At the end it would be left as somebody's brake, and trading would stay stopped."""
    set_switch(operator, MQ_A, "false")

    outcome = operator.rotate(credential="alpaca-live")

    assert outcome.state.is_failed()
    assert f"although {KILL_SWITCH} on {MQ_A} is something else: that does not stop its trading." in outcome.message
    assert f"Set {KILL_SWITCH} to 1 or 0" in outcome.message
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "false"}


def test_a_brake_that_was_engaged_a_moment_ago_is_asked_about_again(operator: Operator) -> None:
    """With preboot the old dynos answer for minutes: that is no reason to give a rotation up."""
    set_switch(operator, MQ_A, "1")
    operator.estate.raptors["mq-a"].knobs.health_answer = (200, {"live_enabled": True})
    (brake,) = (one for one in live_rotation().credential.brakes if one.application == MQ_A)

    state = alone(lambda: questions.brake(brake))

    assert "although TRADING_LIVE_DISABLED on raxx-mq-a is 1: that does not stop its trading." in told(state)
    assert state.result(raise_on_failure=False).transient  # type: ignore[union-attr]  # an error, as told found


@pytest.mark.long
def test_the_reason_alone_skips_no_gate(operator: Operator) -> None:
    """Somebody chose "mis-rotation" in the menu: no pair waits in the vault, so somebody has to be there."""
    outcome = begun(
        operator, Operator.be_ready, Operator.regenerate_live, until=Step.VALIDATE, reason=Reason.MISROTATION
    )

    assert "are you ready?" in outcome.descriptions[0]
