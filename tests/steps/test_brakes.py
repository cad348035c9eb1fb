"""Brakes: trading stands still only when the page itself says so, and each is left as it was found."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.ledger.row import Action
from blocks.proofs import Record
from blocks.text import markdown
from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.brakes import brake_switch, brakes
from tasks.rotate.pause import pause
from tests.operator import Operator
from tests.steps.live import (
    END,
    MQ_A,
    PROD,
    Rotated,
    first,
    kill_switches,
    live_rotation,
    retry,
)
from tests.steps.support import alone, told

pytestmark = pytest.mark.usefixtures("_hurried")

HEALTH = "/health/trading"

# What the page answers, and what the operator reads of it.
PAGES: list[Any] = [
    pytest.param((302, "https://login.example.com"), "redirected, which rekey never follows", id="a login"),
    pytest.param((403, {"error": "forbidden"}), "HTTP 403, code forbidden", id="403", marks=pytest.mark.long),
    pytest.param(
        (200, {}),
        "the health page has no live_enabled that is true or false",
        id="an empty object",
        marks=pytest.mark.long,
    ),
    pytest.param(
        (200, None), "the health page has no live_enabled that is true or false", id="null", marks=pytest.mark.long
    ),
    pytest.param((200, {"live_enabled": "false"}), "has no live_enabled that is true or false", id="a text"),
    pytest.param((200, "<html>Sign in</html>"), "not JSON (a proxy's page?)", id="HTML", marks=pytest.mark.long),
]

once = pause.with_options(retries=0)


@pytest.fixture
def _impatient(_hurried: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come at once does not come."""
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "0.3")


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(("page", "reason"), PAGES)
def test_a_page_that_does_not_say_false_proves_no_standstill(
    operator: Operator, page: tuple[int, Any], reason: str
) -> None:
    operator.estate.raptors["mq-a"].knobs.health_answer = page

    message = told(alone(lambda: once(live_rotation())))

    assert "Whether trading is stopped is not proved" in message
    assert "mq-a does not say live_enabled: false 3 times in a row" in message
    assert reason in message
    assert f"Look at {MQ_A}" in message


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(("page", "reason"), PAGES)
def test_a_page_that_does_not_say_true_proves_no_trading(
    operator: Operator, page: tuple[int, Any], reason: str
) -> None:
    rotation = live_rotation()
    assert alone(lambda: once(rotation)).is_completed()
    operator.estate.raptors["raptor-prod"].knobs.health_answer = page

    message = told(alone(lambda: brakes.off(rotation, Record())))

    assert "Whether trading is on is not proved" in message
    assert "raptor-prod does not say live_enabled: true 3 times in a row" in message
    assert reason in message
    assert brakes.resumed_at(rotation) is None


@pytest.mark.long
def test_pages_that_cannot_be_read_hold_the_rotation_and_the_second_try_knows_its_own_brakes(
    operator: Operator,
) -> None:
    """The first one engages both brakes, and can prove neither: one page is behind a login, the other fails."""
    knobs, plan = operator.estate.raptors["raptor-prod"].knobs, operator.estate.server.plan
    fault = Fault("mq-a", FaultKind.ANSWER, "GET", HEALTH, times=None)

    def hide(_: Operator) -> None:
        knobs.health_answer = (302, "https://login.example.com")
        plan.add(fault)

    def show(_: Operator) -> None:
        knobs.health_answer = None
        plan.clear()

    rotated = Rotated(operator, first(hide, Operator.be_ready), first(show, retry), Operator.regenerate_live)

    rotated.assert_well()
    assert len(rotated.held) == 1
    assert "redirected, which rekey never follows" in rotated.held[0]
    assert "The brakes are NOT proved to be on" in rotated.outcome.descriptions[1]
    reasons = [row.context["reason"] for row in operator.ledger.rows() if row.action is Action.HELD]
    assert [markdown(one, lines=True) for one in reasons] == rotated.held
    # It does not take its own for somebody else's.
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
    assert operator.ledger.rows()[-1].context["brakes_left_engaged"] == []


def test_with_preboot_the_page_itself_is_waited_for_and_not_the_list_of_dynos(operator: Operator) -> None:
    production = operator.estate.heroku.apps[PROD]
    production.preboot, production.knobs = True, HerokuKnobs(preboot_s=1.5)
    server = operator.estate.server

    assert alone(lambda: once(live_rotation())).is_completed()

    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}
    # Three times false come after many times true.
    assert len([one for one in server.journal.of("raptor-prod") if one.path == HEALTH]) > brake_switch.IN_A_ROW + 1


@pytest.mark.long
def test_a_failed_release_holds_the_rotation_before_the_link_is_shown(operator: Operator) -> None:
    knobs = operator.estate.heroku.knobs

    def mended(one: Operator) -> None:
        knobs.release_phase_fails = False
        for app in LIVE_RUNTIMES.values():
            one.estate.heroku.apps[app].change({"MENDED": "1"}, "developer@example.com")

    rotated = Rotated(
        operator,
        first(lambda _: setattr(knobs, "release_phase_fails", True), Operator.be_ready),
        first(mended, lambda one: one.choose(END)),
    )

    assert rotated.outcome.state.is_cancelled(), rotated.outcome.message
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
    assert "release v2 failed, so its dynos run an older one, which is not proved to have the brake" in rotated.held[0]
    assert "The brakes are NOT proved to be on" in rotated.outcome.descriptions[1]
    assert END in rotated.outcome.descriptions[1]


@pytest.mark.long
def test_one_brake_that_cannot_be_engaged_keeps_no_other_off(operator: Operator) -> None:
    plan = operator.estate.server.plan
    fault = Fault("heroku", FaultKind.ANSWER, "PATCH", f"/apps/{PROD}/config-vars", 403, times=None)
    seen: list[dict[str, str | None]] = []

    def mended(one: Operator) -> None:
        seen.append(kill_switches(one.estate))
        plan.clear()

    rotated = Rotated(
        operator,
        first(lambda _: plan.add(fault), Operator.be_ready),
        first(mended, lambda one: one.choose(END)),
    )

    assert rotated.outcome.state.is_cancelled(), rotated.outcome.message
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
    assert seen == [{PROD: "0", MQ_A: "1"}]
    assert "The brakes are NOT proved to be on" in rotated.outcome.descriptions[1]


def test_brakes_that_cannot_be_engaged_are_all_told(operator: Operator) -> None:
    plan = operator.estate.server.plan
    plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", ".*/config-vars", 403, times=None))

    message = told(alone(lambda: brakes.engage(live_rotation().credential, Record())))

    assert message.startswith("2 brakes are not as they should be:\n1. Heroku: set config vars")
    assert PROD in message
    assert MQ_A in message
    assert message.endswith("Look at each of these applications.")
