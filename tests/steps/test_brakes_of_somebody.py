"""A brake that somebody else engaged or released is known as theirs."""

from __future__ import annotations

import pytest

from blocks.ledger.row import Action
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.live import (
    BRAKES,
    END,
    KILL_SWITCH,
    MQ_A,
    PROD,
    Rotated,
    first,
    kill_switches,
    meanwhile,
)

pytestmark = pytest.mark.usefixtures("_hurried")


def set_switch(estate: Estate, app: str, value: str) -> None:
    """Somebody sets the kill switch in Heroku's dashboard."""
    estate.heroku.set_by_hand(app, KILL_SWITCH, value)


@pytest.mark.long
def test_a_brake_that_somebody_releases_before_verify_is_engaged_again_and_said_so(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The thread beside the run does not look this time: the step itself finds it.
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "60")
    event = meanwhile(operator, "verify", "infisical", lambda: set_switch(operator.estate, PROD, "0"))

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live)

    assert event.struck
    assert rotated.outcome.state.is_completed(), rotated.outcome.message
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
    changed = "its page says that trading is on. It is engaged again."
    sentence = f"{BRAKES[PROD]} was not proved to be on any more: {changed}"
    assert sentence in rotated.proofs("verify")
    assert alerts(operator)[0].startswith(f"alpaca-live: somebody let trading go on: Somebody changed {BRAKES[PROD]}")
    # Brake on, pair, off by somebody, on again, off at the end.
    switches = [one.variables[KILL_SWITCH] for one in operator.estate.heroku.apps[PROD].releases]
    assert switches == ["0", "1", "1", "0", "1", "0"]


def test_the_release_with_the_new_pair_has_the_brake_on_that_somebody_released_meanwhile(operator: Operator) -> None:
    rotated = Rotated(
        operator,
        Operator.be_ready,
        first(lambda one: set_switch(one.estate, MQ_A, "0"), Operator.regenerate_live),
    )

    rotated.assert_well()
    releases = operator.estate.heroku.apps[MQ_A].releases
    carrying = [one for one in releases if one.variables[LIVE[0]] == operator.estate.live.current_key_id]
    assert carrying[0].variables[KILL_SWITCH] == "1"


@pytest.mark.long
def test_brakes_that_were_engaged_before_are_left_engaged_and_no_downtime_is_claimed(operator: Operator) -> None:
    for app in LIVE_RUNTIMES.values():
        set_switch(operator.estate, app, "1")

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live)

    rotated.assert_well()
    completed = operator.ledger.rows()[-1].context
    assert completed["downtime_seconds"] is None
    assert completed["brakes_left_engaged"] == list(BRAKES.values())
    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}
    left = f"Trading: still stopped by {', '.join(BRAKES.values())}, as it was before this rotation."
    assert left in rotated.outcome.message
    for brake in BRAKES.values():
        assert f"{brake} is left as it is: this rotation did not engage it." in rotated.proofs("resume")


def test_stopping_before_the_link_releases_only_what_this_rotation_engaged(operator: Operator) -> None:
    estate = operator.estate
    set_switch(estate, MQ_A, "1")
    plan = estate.server.plan

    rotated = Rotated(
        operator,
        first(
            lambda _: plan.add(Fault("alpaca-live", FaultKind.ANSWER, "GET", "/v2/positions", times=None)),
            Operator.be_ready,
        ),
        first(lambda _: plan.clear(), lambda one: one.choose(END)),
    )

    assert rotated.outcome.state.is_cancelled()
    assert "trading goes on as before" in rotated.outcome.message
    assert kill_switches(estate) == {PROD: "0", MQ_A: "1"}
    assert operator.actions()[-1] == Action.ABORTED.value
    assert estate.vault_values()[LIVE[0]] == estate.live.current_key_id == rotated.before.dashboard_key_id
