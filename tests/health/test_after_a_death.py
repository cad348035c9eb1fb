"""What becomes of a death that was none, and of a rotation of dead keys that ended before it began."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from blocks.ledger import deaths as ledger_deaths
from blocks.ledger.history import History
from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from blocks.secret import fingerprint
from deployments.sandbox.estate import LIVE as LIVE_NAMES
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import found_before
from tasks.watch import close_dead
from tests.health.sudden_deaths import REFUSED, deaths, watched
from tests.health.support import LIVE, PAPER, messages, runs_of
from tests.operator import Operator
from tests.steps.live import BRAKES, KILL_SWITCH, MQ_A, PROD, kill_switches, live_rotation
from tests.steps.support import alone, stay_held
from tests.steps.watching import dead_runs_looked_after, deaths_looked_for


def test_a_death_after_a_false_alarm_releases_no_brake_that_somebody_else_engaged(
    operator: Operator, deployments: dict[str, str]
) -> None:
    """After the false alarm people released rekey's brakes; later somebody stopped trading, and then the key died."""
    assert deployments
    plan = operator.estate.server.plan
    plan.add(Fault("alpaca-live", FaultKind.ANSWER, "GET", "/v2/account", 401, REFUSED, times=None))
    deaths_looked_for()
    plan.clear()
    deaths_looked_for()
    for app in kill_switches(operator.estate):
        operator.estate.heroku.set_by_hand(app, KILL_SWITCH, "0")
    operator.estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "1")
    operator.regenerate_live()
    deaths_looked_for()
    rotation = replace(live_rotation(), reason=Reason.ACCOUNT_RESET, old_is_dead=True)

    assert alone(lambda: found_before.note(rotation)).is_completed()

    noted = operator.ledger.rows()[-1].context
    assert noted["engaged_before"] == {BRAKES[PROD]: False, BRAKES[MQ_A]: True}
    assert noted["paused_at"] == deaths(operator)[-1].context["paused_at"]


def test_the_brakes_of_a_death_are_rekeys_own_also_when_preflight_fails_in_the_rotation_that_follows(
    operator: Operator, deployments: dict[str, str]
) -> None:
    assert deployments
    operator.regenerate_live()
    watched()
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=403, times=None))

    outcome = operator.rotate(stay_held, credential=LIVE, reason="account reset")

    assert "Preflight found" in outcome.descriptions[0]
    assert History.fold(operator.ledger.rows()).brakes.engaged_before == {BRAKES[PROD]: False, BRAKES[MQ_A]: False}


@pytest.mark.parametrize(
    ("proved", "said"),
    [
        (True, "Its brakes stay on: look whether alpaca-live trades as it should, then release them by hand."),
        (False, "Its brakes were not proved to be on, and rekey leaves them as they are: look whether alpaca-live "),
        (None, "Its brakes were not proved to be on, and rekey leaves them as they are: look whether alpaca-live "),
    ],
)
def test_of_the_brakes_of_a_false_alarm_is_said_what_was_proved(
    operator: Operator, proved: bool | None, said: str
) -> None:
    mark = fingerprint(SecretStr(operator.estate.vault_values()[LIVE_NAMES[1]]))
    context = {"killed": LIVE, "dead": mark, "died_at": "2026-11-22T10:00:00+00:00", "brakes_proved": proved}
    operator.ledger.append(Action.DIED, rotation="", credential=LIVE, actor="somebody", context=context)

    deaths_looked_for()

    (told,) = messages(operator)
    assert told.startswith("alpaca-live lives again: ")
    assert said in told


def by_mistake(operator: Operator, mark: str) -> None:
    """The lookout beside another credential's form told that the paper pair died; then that form was filled in."""
    context = {"killed": PAPER, "noticed": "death", "dead": mark, "died_at": "2026-11-22T10:00:00+00:00"}
    operator.ledger.append(Action.MISROTATION, rotation="r-1", credential=LIVE, actor="somebody", context=context)


def test_a_misrotation_that_was_none_is_taken_back_by_watch_when_no_form_waits_any_more(
    operator: Operator, deployments: dict[str, str]
) -> None:
    mark = fingerprint(SecretStr(operator.estate.vault_values()[PAPER_NAMES[1]]))
    by_mistake(operator, mark)

    deaths_looked_for()

    assert [row.action for row in deaths(operator)] == [Action.RECOVERED]
    assert ledger_deaths.unsettled(operator.ledger, PAPER) == []
    operator.regenerate()
    deaths_looked_for()
    assert [row.action for row in deaths(operator)] == [Action.RECOVERED, Action.DIED], "it is watched again"
    assert runs_of(operator, deployments[PAPER])


def test_a_misrotation_that_is_one_is_not_told_again_by_watch(operator: Operator, deployments: dict[str, str]) -> None:
    by_mistake(operator, fingerprint(SecretStr(operator.estate.vault_values()[PAPER_NAMES[1]])))
    operator.regenerate()

    deaths_looked_for()

    assert (deaths(operator), messages(operator), runs_of(operator, deployments[PAPER])) == ([], [], [])


def begun(operator: Operator, number: int) -> None:
    """A rotation of alpaca-live began, and its run is gone."""
    operator.ledger.append(
        Action.STARTED,
        rotation=f"r-{number}",
        credential=LIVE,
        actor="somebody",
        context={"flow_run_id": f"00000000-0000-4000-8000-00000000000{number}", "reason": "scheduled"},
    )


@pytest.mark.parametrize(("action", "reason"), [(Action.MISROTATION, "mis-rotation"), (Action.DIED, "account reset")])
def test_a_rotation_of_dead_keys_that_ended_before_it_began_is_started_anew_with_the_right_reason(
    operator: Operator, deployments: dict[str, str], action: Action, reason: str
) -> None:
    """Its keys are dead and its brakes may be on: with the default reason nobody could start it."""
    operator.ledger.append(action, rotation="r-0", credential=LIVE, actor="somebody", context={"killed": LIVE})
    for number in range(1, close_dead.MOST_STARTS):
        begun(operator, number)

    dead_runs_looked_after()

    (run,) = runs_of(operator, deployments[LIVE])
    assert run["parameters"] == {"credential": LIVE, "reason": reason}
    assert f"The keys of {LIVE} are dead, so another run is started now. If it asks something" in " ".join(
        messages(operator)
    )
    operator.delete(f"/flow_runs/{run['id']}")
    begun(operator, close_dead.MOST_STARTS)

    dead_runs_looked_after()

    assert runs_of(operator, deployments[LIVE]) == [], "not for ever"
    assert f"look at why that run ended, and start it anew with reason '{reason}'." in " ".join(messages(operator))
