"""What is wrong with an application already is said before the link is shown, and before trading is stopped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks.brakes.heroku.variable import HerokuBrake
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.errors import StepError
from blocks.ledger.row import Action
from deployments.sandbox.estate import APPS
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.rotate.pause import pause
from tasks.run import questions
from tests.operator import Operator
from tests.steps.live import BRAKES, LIVE, kill_switches, live_rotation
from tests.steps.support import alone, shipped, told

PROD = APPS["raptor-prod"]

once = pause.with_options(retries=0)


def deployed(app: SandboxApp, knobs: HerokuKnobs) -> None:
    """Somebody deploys, and it goes like this."""
    app.knobs = knobs
    app.change({"DEPLOYED": str(len(app.releases))}, "developer@example.com")
    app.knobs = HerokuKnobs()


def release_fails(app: SandboxApp) -> None:
    deployed(app, HerokuKnobs(release_phase_fails=True))


def dyno_crashes(app: SandboxApp) -> None:
    deployed(app, HerokuKnobs(crash_on_boot=True))


def in_maintenance(app: SandboxApp) -> None:
    app.maintenance = True


@pytest.mark.parametrize(
    ("happens", "problem", "remedy"),
    [
        (release_fails, f"The newest release v2 of {PROD} failed", f"`heroku releases:output v2 -a {PROD}`"),
        (dyno_crashes, f"{PROD} is not well: web.1 crashed", f"`heroku logs -a {PROD}`"),
        (in_maintenance, f"{PROD} is in maintenance mode", f"`heroku maintenance:off -a {PROD}`"),
    ],
)
def test_what_would_meet_the_new_pair_stops_a_scheduled_rotation_and_is_told_by_an_urgent_one(
    operator: Operator, happens: Callable[[SandboxApp], None], problem: str, remedy: str
) -> None:
    consumer = _prod()
    assert questions.well(consumer, urgent=False) == ""
    happens(operator.estate.heroku.apps[PROD])

    with pytest.raises(StepError) as caught:
        questions.well(consumer, urgent=False)

    assert caught.value.problem.startswith(problem)
    assert remedy in caught.value.remedy
    assert not caught.value.transient
    assert questions.well(consumer, urgent=True).startswith(problem)


def test_a_release_that_is_pending_may_pass_and_is_told(operator: Operator) -> None:
    deployed(operator.estate.heroku.apps[PROD], HerokuKnobs(release_phase_s=3600))
    assert f"The newest release v2 of {PROD} is pending" in questions.well(_prod(), urgent=False)


def test_an_app_whose_page_nobody_asks_may_be_in_maintenance_mode(operator: Operator) -> None:
    """Its dynos run all the same."""
    in_maintenance(operator.estate.heroku.apps[PROD])
    assert questions.well(_prod().model_copy(update={"runtime": None}), urgent=False) == ""


def test_before_the_link_all_that_is_wrong_with_an_app_is_told_together(operator: Operator) -> None:
    app = operator.estate.heroku.apps[PROD]
    dyno_crashes(app)
    release_fails(app)

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert outcome.descriptions == []
    assert f"The newest release v3 of {PROD} failed" in outcome.message
    assert f"{PROD} is not well: web.1 crashed" in outcome.message
    assert operator.actions() == [Action.STARTED, Action.ABORTED]


def test_maintenance_mode_is_said_before_anything_is_stopped_and_in_place_of_an_address_to_correct(
    operator: Operator,
) -> None:
    in_maintenance(operator.estate.heroku.apps[PROD])

    outcome = operator.rotate(credential=LIVE)

    assert outcome.message.count(f"{PROD} is in maintenance mode") == 1
    assert f"`heroku maintenance:off -a {PROD}`" in outcome.message
    assert "Correct the address" not in outcome.message
    assert set(kill_switches(operator.estate).values()) == {"0", None}
    assert {len(one.releases) for one in operator.estate.heroku.apps.values()} == {1}


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        ((302, "https://login.example.com"), "whether a login stands before the address"),
        ((502, {"error": "bad gateway"}), "Look at this application's own log"),
        ((404, {"error": "not found"}), "or route and field of the brake in the catalog"),
        ((200, {}), "or route and field of the brake in the catalog"),
    ],
)
def test_a_page_that_does_not_answer_has_the_remedy_of_what_it_said(
    operator: Operator, answer: tuple[int, object], remedy: str
) -> None:
    operator.estate.raptors["raptor-prod"].knobs.health_answer = answer

    with pytest.raises(StepError, match=f"Whether {BRAKES[PROD]} stops trading could not be proved") as caught:
        questions.brake(_brake())

    assert remedy in caught.value.remedy


@pytest.mark.usefixtures("_hurried")
def test_maintenance_mode_that_begins_later_is_what_a_held_rotation_says_first(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "0.3")
    in_maintenance(operator.estate.heroku.apps[PROD])

    message = told(alone(lambda: once(live_rotation())))

    assert f"{PROD} is in maintenance mode" in message
    assert f"`heroku maintenance:off -a {PROD}`" in message


def _prod() -> HerokuConsumer:
    (found,) = (one for one in shipped().consumers if isinstance(one, HerokuConsumer) and one.app == PROD)
    return found


def _brake() -> HerokuBrake:
    (found,) = (one for one in live_rotation().credential.brakes if one.application == PROD)
    assert isinstance(found, HerokuBrake)
    return found
