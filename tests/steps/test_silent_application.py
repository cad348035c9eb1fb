"""An application that died of the old pair says nothing until it has the new one, and must not hold that up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import history, trading
from blocks.ledger.history import History
from blocks.model.rotation import Reason, Rotation
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.brakes import brake_switch
from tasks.rotate.pause import pause
from tests.operator import Operator
from tests.steps.live import BRAKES, KILL_SWITCH, MQ_A, PROD, Rotated, first, kill_switches, live_rotation, retry
from tests.steps.support import alone, stay_held, told

pytestmark = pytest.mark.usefixtures("_hurried", "_impatient_pages")

REFUSED = Fault("heroku", FaultKind.ANSWER, "PATCH", f"/apps/{PROD}/config-vars", 403, times=None)
GATEWAY = (502, {"error": "bad gateway"})

once = pause.with_options(retries=0)


@pytest.fixture
def _impatient_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page does not say at once it does not say."""
    monkeypatch.setattr(brake_switch, "KEPT_ON_PATIENCE_S", 1.5)


def page_fails(operator: Operator) -> None:
    """The page of one application fails as long as it has the dead pair."""
    operator.estate.raptors["raptor-prod"].knobs.fails_with_a_dead_pair = True


def dynos_crash(operator: Operator) -> None:
    """Somebody deploys: its dynos crash with the dead pair, and the next release's are well."""
    app = operator.estate.heroku.apps[PROD]
    app.knobs = HerokuKnobs(crash_on_boot=True)
    app.change({"DEPLOYED": "1"}, "developer@example.com")
    app.knobs = HerokuKnobs()


def paused(operator: Operator) -> Rotation:
    """A rotation whose brakes were proved to be on; then the page of one application fails."""
    rotation = live_rotation()
    assert alone(lambda: once(rotation)).is_completed()
    operator.estate.raptors["raptor-prod"].knobs.health_answer = GATEWAY
    return rotation


def known(operator: Operator, rotation: Rotation) -> History:
    """What the ledger says of it."""
    return history.of(operator.ledger, rotation.id)


@pytest.mark.parametrize("dies", [page_fails, pytest.param(dynos_crash, marks=pytest.mark.long)])
def test_a_retry_gives_the_new_pair_to_an_application_that_died_of_the_old_one(
    operator: Operator, dies: Callable[[Operator], None]
) -> None:
    """Its brake was proved to be on before, and is on: propagate is what makes it well again."""
    plan = operator.estate.server.plan

    def click(one: Operator) -> Pair:
        plan.add(REFUSED)
        pair = one.regenerate_live()
        dies(one)
        return pair

    rotated = Rotated(operator, Operator.be_ready, click, first(lambda _: plan.clear(), retry))

    rotated.assert_well()
    assert len(rotated.held) == 1
    assert f"{BRAKES[PROD]} is 1, and the old key, with which it traded, is refused." in rotated.proofs("pause")
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}


def test_a_page_that_says_that_trading_is_on_holds_it_whatever_is_proved(operator: Operator) -> None:
    """The setting says one thing and the application another: nobody knows which pair it trades with."""
    plan, knobs = operator.estate.server.plan, operator.estate.raptors["raptor-prod"].knobs

    def click(one: Operator) -> Pair:
        plan.add(REFUSED)
        pair = one.regenerate_live()
        knobs.health_answer = (200, {"live_enabled": True})
        return pair

    rotated = Rotated(operator, Operator.be_ready, click, first(lambda _: plan.clear(), retry), stay_held)

    assert len(rotated.held) == 2
    assert "raptor-prod does not say live_enabled: false 3 times in a row" in rotated.held[1]
    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}


def test_one_that_somebody_released_is_not_believed_while_the_old_pair_may_live(operator: Operator) -> None:
    """It is set again; but a silent application may trade with the old pair until it has heard of that."""
    rotation = paused(operator)
    operator.estate.heroku.apps[PROD].change({KILL_SWITCH: "0"}, "somebody@example.com")

    message = told(alone(lambda: once(rotation)))

    assert "Whether trading is stopped is not proved" in message
    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}


def test_one_that_somebody_released_is_nowhere_said_to_be_proved_again_when_nobody_heard_that(
    operator: Operator,
) -> None:
    """Not with a dead pair either. Once it is set, the next try goes on."""
    rotation = replace(paused(operator), old_is_dead=True)
    operator.estate.heroku.apps[PROD].change({KILL_SWITCH: "0"}, "somebody@example.com")

    told(alone(lambda: once(rotation)))
    assert alone(lambda: once(rotation)).is_completed()

    proofs = [one for row in operator.steps("pause") for one in row.context["proofs"]]
    assert any("Somebody changed" in one and one.endswith("They are not proved to be on.") for one in proofs)
    assert [one for one in proofs if one.endswith("proved to be on again.")] == []
    assert operator.steps("pause")[-1].context["brakes_unheard"] == [BRAKES[PROD]]


def test_what_was_proved_before_stays_proved_and_what_was_not_heard_proves_nothing_anew(operator: Operator) -> None:
    rotation = paused(operator)
    first_proof = known(operator, rotation).brakes.proved_by

    assert alone(lambda: once(rotation)).is_completed()

    brakes, newest = known(operator, rotation).brakes, operator.steps("pause")[-1]
    assert newest.context["brakes_unheard"] == [BRAKES[PROD]]
    assert (brakes.proved, brakes.meant_to_be_on, brakes.proved_by) == (True, True, first_proof)
    assert f"{BRAKES[PROD]} is 1, and was proved to be on before in this rotation." in newest.context["proofs"][-1]


def test_with_a_dead_pair_a_rotation_begins_whose_application_never_said_that_trading_is_stopped(
    operator: Operator,
) -> None:
    """And whether it is stays unknown."""
    operator.estate.raptors["raptor-prod"].knobs.health_answer = GATEWAY
    rotation = replace(live_rotation(), old_is_dead=True)

    assert alone(lambda: once(rotation)).is_completed()

    found = known(operator, rotation)
    assert (found.brakes.proved, found.brakes.meant_to_be_on) == (None, False)
    assert trading.told(rotation.credential, found, []).startswith("**unknown**")
    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}


@pytest.mark.long
def test_a_pair_that_died_before_its_rotation_is_rotated_though_its_application_never_answered(
    operator: Operator,
) -> None:
    operator.regenerate_live()
    page_fails(operator)

    outcome = operator.rotate(
        Operator.be_ready,
        Operator.regenerate_live,
        lambda one: one.choose("yes, this is our account: go on"),
        credential="alpaca-live",
        reason=Reason.MISROTATION,
    )

    assert outcome.state.is_completed(), outcome.message
    assert operator.steps("pause")[-1].context["brakes_unheard"] == [BRAKES[PROD]]
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}


def test_without_a_dead_pair_it_does_not_begin(operator: Operator) -> None:
    operator.estate.raptors["raptor-prod"].knobs.health_answer = GATEWAY

    assert "Whether trading is stopped is not proved" in told(alone(lambda: once(live_rotation())))
