"""A key that dies by itself is told at once, once; an outage is none."""

from __future__ import annotations

import logging
import os
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Running
from pydantic import SecretStr

from blocks.issuers.alpaca.unknown import YES
from blocks.ledger.lease import Lease, held
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.sandbox.faults import Fault, FaultKind
from flows.watch import watch
from tasks.run.only_one import GONE
from tests.bench import deaths as deaths_of_bench
from tests.health.sudden_deaths import REFUSED, deaths, watched
from tests.health.support import LIVE, PAPER, messages, runs_of
from tests.operator import Operator
from tests.steps.live import kill_switches
from tests.steps.watching import deaths_looked_for, state_of


def test_a_live_key_that_died_by_itself_stops_trading_and_its_rotation_waits(
    operator: Operator, deployments: dict[str, str]
) -> None:
    watched()
    assert deaths(operator) == []
    operator.regenerate_live()

    watched()
    watched()

    (died,) = deaths(operator)
    assert (died.action, died.credential) == (Action.DIED, LIVE)
    assert set(kill_switches(operator.estate).values()) == {"1"}
    (run,) = runs_of(operator, deployments[LIVE])
    assert run["parameters"] == {"credential": LIVE, "reason": "account reset"}
    assert runs_of(operator, deployments[PAPER]) == []
    (alarm,) = messages(operator)
    assert alarm.startswith("alpaca-live is dead: Alpaca refuses the current pair")
    now = "rekey is stopping trading with alpaca-live now; if that is not proved, another message says so."
    assert alarm.endswith(now)
    assert operator.ledger.verify() is None


def test_the_brakes_that_a_death_engaged_are_released_by_the_rotation_that_follows(
    operator: Operator, deployments: dict[str, str]
) -> None:
    assert deployments
    operator.regenerate_live()
    watched()
    assert set(kill_switches(operator.estate).values()) == {"1"}

    outcome = operator.rotate(
        Operator.be_ready,
        Operator.regenerate_live,
        # It was never rotated, so nothing knows its account.
        lambda person: person.choose(YES),
        credential=LIVE,
        reason="account reset",
    )

    assert outcome.state.is_completed(), outcome.message
    ready, _, account = outcome.descriptions
    assert ready.split("\n\n")[1].startswith("Trading: stopped since ")
    assert "When you submit this form, rekey proves that trading is stopped, or stops it:" in ready
    assert "Cancelling starts another run, because the keys are dead." in ready
    assert ("engaged the brakes" in ready, "cancel the run" in ready, "nothing is paused" in ready) == (False,) * 3
    first, second, *_ = account.split("\n\n")
    assert first == "### alpaca-live: say whether this is the right account"
    assert second.startswith("Trading: stopped since ")
    assert "until you decide" not in account
    assert set(kill_switches(operator.estate).values()) == {"0"}
    watched()
    assert len(deaths(operator)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": FaultKind.ANSWER, "status": 500}, id="500"),
        pytest.param({"kind": FaultKind.HTML, "status": 403}, id="403 as a page"),
        pytest.param({"kind": FaultKind.DROP_BEFORE}, id="dropped"),
        pytest.param({"kind": FaultKind.RATE_LIMIT}, id="429", marks=pytest.mark.long),
        pytest.param({"kind": FaultKind.ANSWER, "status": 401, "body": REFUSED, "times": 1}, id="401 once"),
        pytest.param({"kind": FaultKind.ANSWER, "status": 401, "body": REFUSED, "times": 11}, id="401 for a moment"),
    ],
)
def test_an_outage_is_no_death(operator: Operator, fault: dict[str, Any]) -> None:
    lasting = {"times": None, **fault}
    operator.estate.server.plan.add(Fault("alpaca-paper", method="GET", path="/v2/account", **lasting))

    deaths_looked_for()

    assert deaths(operator) == []
    assert messages(operator) == []


def test_a_host_that_accepts_anything_hides_no_death_for_long_and_makes_none(
    operator: Operator, deployments: dict[str, str]
) -> None:
    assert deployments
    operator.estate.alpaca.knobs.accepts_garbage = True
    operator.regenerate()
    deaths_looked_for()
    assert deaths(operator) == []
    operator.estate.alpaca.knobs.accepts_garbage = False

    deaths_looked_for()

    assert [row.credential for row in deaths(operator)] == [PAPER]
    # Its yes to the dead pair takes nothing back either.
    operator.estate.alpaca.knobs.accepts_garbage = True
    deaths_looked_for()
    assert [row.action for row in deaths(operator)] == [Action.DIED]


def test_a_key_that_lives_again_is_told_once_and_its_brakes_stay_on(
    operator: Operator, deployments: dict[str, str]
) -> None:
    """Alpaca's own login refused one key for so long that it looked like a death."""
    assert deployments
    plan = operator.estate.server.plan
    plan.add(Fault("alpaca-live", FaultKind.ANSWER, "GET", "/v2/account", 401, REFUSED, times=None))
    deaths_looked_for()
    deaths_looked_for()
    plan.clear()

    deaths_looked_for()
    deaths_looked_for()

    assert [row.action for row in deaths(operator)] == [Action.DIED, Action.RECOVERED]
    assert [one.split(":")[0] for one in messages(operator)] == ["alpaca-live is dead", "alpaca-live lives again"]
    assert "Its brakes stay on" in messages(operator)[1]
    assert set(kill_switches(operator.estate).values()) == {"1"}


def test_only_one_watch_acts_and_one_that_was_killed_stops_no_other(operator: Operator) -> None:
    """A worker that dies takes its runs with it, the one of watch, too; just then the next one is needed."""
    operator.regenerate()
    other = Lease(SecretStr(os.environ["REKEY_LEDGER_URL"]), "watch")
    other.take("another run", None)
    with held(other, logging.getLogger(__name__).warning, 1):
        watched()
        assert deaths(operator) == []
    with get_client(sync_client=True) as client:
        killed = client.create_flow_run(watch, state=Running())
    other.take(str(killed.id), None)

    watched()

    assert [row.credential for row in deaths(operator)] == [PAPER]
    assert state_of(str(killed.id)) == ("Taken over", GONE)


def test_what_a_killed_watch_left_undone_is_done_by_the_next_one(
    operator: Operator, deployments: dict[str, str]
) -> None:
    """Killed while it held the credential's lease; and, later, between the ledger's row and the start."""
    Lease(SecretStr(os.environ["REKEY_LEDGER_URL"]), PAPER).take("a run that was killed", None)
    operator.regenerate()

    watched()

    assert [row.credential for row in deaths(operator)] == [PAPER]
    (run,) = runs_of(operator, deployments[PAPER])
    operator.delete(f"/flow_runs/{run['id']}")
    watched()
    assert len(runs_of(operator, deployments[PAPER])) == 1
    assert len(deaths(operator)) == len(messages(operator)) == 1


def test_without_its_deployment_the_death_is_told_with_what_to_do_by_hand(operator: Operator) -> None:
    operator.regenerate()

    watched()

    assert len(deaths(operator)) == 1
    assert [one.split(":")[0] for one in messages(operator)] == [
        "alpaca-paper is dead",
        "alpaca-paper",
    ]
    assert "Start it by hand" in messages(operator)[1]


def test_a_vault_that_does_not_answer_is_no_death(operator: Operator) -> None:
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))
    operator.regenerate()

    watched()

    assert deaths(operator) == []


def test_in_many_minutes_with_outages_every_death_is_found_and_none_imagined(operator: Operator) -> None:
    """``make bench`` does so for 10,000 minutes."""
    watched = deaths_of_bench.measure(operator.estate, read_settings().catalog, 800, 4)

    assert watched.false_alarms == 0
    assert len(watched.found) == watched.deaths == 4
    assert watched.minutes_out > 60
    assert max(seconds for seconds, was_out in watched.found if not was_out) <= 60 + 2 * deaths_of_bench.INTERVAL_S
