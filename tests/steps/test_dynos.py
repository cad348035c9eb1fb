"""Dynos that no release restarts: those that sleep are not waited for, those that were started apart are told."""

from __future__ import annotations

import pytest

from blocks.consumers.heroku.app import HerokuConsumer
from blocks.errors import Transient
from blocks.model.credential import Credential
from blocks.proofs import Record
from deployments.sandbox.estate import APPS
from tasks.brakes import brake_switch
from tasks.rotate.propagate import handover_of
from tasks.run import questions
from tests.operator import Operator
from tests.steps.live import live_rotation
from tests.steps.support import Clicked, alone

PROD = APPS["raptor-prod"]


def prod_of(credential: Credential) -> HerokuConsumer:
    """Production, as a consumer of this credential."""
    (found,) = (one for one in credential.consumers if isinstance(one, HerokuConsumer) and one.app == PROD)
    return found


def given(behind: Clicked, record: Record) -> str:
    """What giving production the new pair proved."""
    consumer = prod_of(behind.rotation.credential)
    state = alone(lambda: consumer.give(handover_of(behind.rotation, consumer, behind.new, record), record))
    assert state.is_completed(), state.message
    return " ".join(record.proofs)


def test_an_app_that_sleeps_is_given_the_pair_without_waiting_and_the_proof_says_so(
    behind: Clicked, operator: Operator
) -> None:
    operator.estate.heroku.apps[PROD].fall_asleep()

    told = given(behind, Record())

    assert f"{PROD} sleeps (web.1 idle, Eco): no process runs" in told
    assert "every dyno of it is up" not in told


def test_a_dyno_that_was_started_by_hand_keeps_the_old_pair_and_is_told_by_name(
    behind: Clicked, operator: Operator
) -> None:
    name = operator.estate.heroku.apps[PROD].start_one_off()

    told = given(behind, Record())

    assert f"{name} of {PROD} was started before and does not know the new pair" in told
    assert f"`heroku ps:stop {name} -a {PROD}`" in told


def test_a_brake_says_which_dyno_it_does_not_reach(operator: Operator) -> None:
    name = operator.estate.heroku.apps[PROD].start_one_off("scheduler")
    (brake,) = (one for one in live_rotation().credential.brakes if one.application == PROD)
    record = Record()

    state = alone(lambda: brake_switch._set(brake, record, [], engaged=True))

    assert state.is_completed(), state.message
    assert f"{name} of {PROD} was started before and does not know the brake" in record.proofs[0]


def test_before_the_link_a_dyno_that_no_brake_reaches_stops_a_live_rotation_unless_that_is_urgent(
    operator: Operator, behind: Clicked
) -> None:
    app = operator.estate.heroku.apps[PROD]
    name, live = app.start_one_off(), live_rotation().credential
    with pytest.raises(Transient, match=f"No brake reaches {name} of {PROD}") as caught:
        questions.lingering(live, prod_of(live), urgent=False)
    assert f"heroku ps:stop {name} -a {PROD}" in caught.value.remedy
    assert name in questions.lingering(live, prod_of(live), urgent=True)
    assert name in questions.lingering(behind.rotation.credential, prod_of(behind.rotation.credential), urgent=False)
    app.stop_dyno(name)
    assert questions.lingering(live, prod_of(live), urgent=False) == ""
