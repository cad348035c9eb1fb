"""What goes wrong with the brakes from the click on: trading goes on only with the verified pair, and it is told."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.errors import StepError
from blocks.ledger.ledger import Ledger
from blocks.proofs import Record
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.brakes import brake_switch, brakes
from tasks.rotate.pause import pause
from tests.faults.workplace import hurry
from tests.heroku_cli import releases_retry
from tests.operator import Operator
from tests.steps.live import (
    BRAKES,
    KILL_SWITCH,
    MQ_A,
    PROD,
    Rotated,
    first,
    kill_switches,
    live_rotation,
    meanwhile,
    retry,
)
from tests.steps.support import alone, told


@pytest.fixture(autouse=True)
def _hurried(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)


def fail_releases(operator: Operator) -> None:
    """From now on no release of any app succeeds."""
    operator.estate.heroku.knobs.release_phase_fails = True


def mend_releases(operator: Operator) -> None:
    """What made the release command fail is mended, and somebody does for each app what the form names."""
    estate = operator.estate
    estate.heroku.knobs.release_phase_fails = False
    for app in LIVE_RUNTIMES.values():
        releases_retry(estate.url("heroku"), estate.heroku.token, app)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param((302, "https://login.example.com"), id="a login"),
        pytest.param((200, {"live_enabled": "false"}), id="a text", marks=pytest.mark.long),
    ],
)
def test_a_failed_release_of_the_pair_and_a_page_that_is_unclear_at_verify_keep_trading_stopped(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, page: tuple[int, Any]
) -> None:
    """Held in propagate until the releases are mended, and in verify, because the page proves no standstill."""
    monkeypatch.setattr(brake_switch, "KEPT_ON_PATIENCE_S", 0.3)
    knobs = operator.estate.raptors["raptor-prod"].knobs
    seen: list[dict[str, str | None]] = []
    meanwhile(operator, "propagate", "heroku", lambda: fail_releases(operator))

    def hide() -> None:
        monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "1")
        knobs.health_answer = page

    meanwhile(operator, "verify", "infisical", hide)

    def look_and_mend(one: Operator) -> None:
        seen.append(kill_switches(one.estate))
        mend_releases(one)

    def look_and_show(one: Operator) -> None:
        seen.append(kill_switches(one.estate))
        monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "30")
        knobs.health_answer = None

    rotated = Rotated(
        operator, Operator.be_ready, Operator.regenerate_live, first(look_and_mend, retry), first(look_and_show, retry)
    )

    rotated.assert_well()
    assert seen == [{PROD: "1", MQ_A: "1"}] * 2
    released, unclear = rotated.held
    assert f"{PROD}: release v3 failed, so its dynos run an older one" in released
    assert f"heroku releases:output v3 -a {PROD}" in released
    assert "heroku releases:retry" in released
    assert operator.estate.heroku.apps[PROD].releases[3].description.startswith("Retry of v3: ")
    for app in LIVE_RUNTIMES.values():
        carrying = [
            one for one in operator.estate.heroku.apps[app].releases if one.variables[LIVE[0]] != _old(app, operator)
        ]
        assert {one.variables[KILL_SWITCH] for one in carrying[:-1]} == {"1"}
    assert "Whether trading is stopped is not proved" in unclear
    assert "raptor-prod does not say live_enabled: false 3 times in a row" in unclear
    assert "The brakes are NOT proved to be on" in rotated.outcome.descriptions[3]


@pytest.mark.long
def test_a_failed_release_at_the_end_is_not_taken_for_trading(operator: Operator) -> None:
    meanwhile(operator, "resume", "heroku", lambda: fail_releases(operator), method="PATCH")

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live, first(mend_releases, retry))

    rotated.assert_well()
    assert "failed, so its dynos run an older one, which is not proved to have the brake" in rotated.held[0]
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
    assert operator.ledger.rows()[-1].context["trading_resumed_at"] is not None


@pytest.mark.long
def test_with_preboot_trading_is_on_only_when_the_page_itself_says_so(operator: Operator) -> None:
    production = operator.estate.heroku.apps[PROD]
    production.preboot = True
    slow = HerokuKnobs(preboot_s=1.5)
    meanwhile(operator, "resume", "heroku", lambda: setattr(production, "knobs", slow), method="PATCH")

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live)

    rotated.assert_well()
    assert rotated.held == []
    assert kill_switches(operator.estate) == {PROD: "0", MQ_A: "0"}
    assert f"{BRAKES[PROD]} is 0" in rotated.proofs("resume")


@pytest.mark.long
def test_somebody_who_stops_trading_while_it_is_released_is_told_and_not_overruled_without_a_choice(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is the step that asks, and not the thread beside the run.
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "60")
    seen: list[dict[str, str | None]] = []

    def stop_by_hand() -> None:
        monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "1")
        operator.estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "1")

    meanwhile(operator, "resume", "mq-a", stop_by_hand)

    def look_and_retry(one: Operator) -> None:
        seen.append(kill_switches(one.estate))
        monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "30")
        one.choose("retry this step")

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live, look_and_retry)

    rotated.assert_well()
    assert seen[0][MQ_A] == "1"
    assert "Whether trading is on is not proved" in rotated.held[0]
    assert f"Somebody may have set {KILL_SWITCH} at the same time." in rotated.held[0]


def _old(app: str, operator: Operator) -> str:
    return operator.estate.heroku.apps[app].releases[0].variables[LIVE[0]]


def test_what_says_another_account_when_it_runs_again_is_stopped_again(operator: Operator) -> None:
    """Where a brake stops the application itself, its account is asked only after the release."""
    rotation = live_rotation()
    assert alone(lambda: pause.with_options(retries=0)(rotation)).is_completed()
    released: list[dict[str, str | None]] = []

    def another(_: object) -> None:
        released.append(kill_switches(operator.estate))
        raise StepError("It trades in another account.", "Find out why.")

    message = told(alone(lambda: brakes.off(rotation, Record(), another)))

    assert "It trades in another account." in message
    assert released == [{PROD: "0", MQ_A: "0"}]
    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}
    assert brakes.resumed_at(rotation) is None
