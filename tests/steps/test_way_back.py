"""Nobody clicked: the form and the start after a cancel offer to end it, while the old pair is proved to live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blocks.model.step import Step
from deployments.sandbox.estate import LIVE
from deployments.sandbox.faults import Fault, FaultKind
from tests.another_process import another_process
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.beside_the_form import ACCOUNT, REFUSED, asked, until_watched
from tests.steps.holding import RETRY, alerts_of_a_hold, switches
from tests.steps.support import pending_marks
from tests.steps.watching import set_cancelled
from tests.waiting import wait_until

END_UNSTOPPED = "stop here, nothing was touched"
NOT_ENDED = "### The rotation was not ended"


def left_out(operator: Operator) -> dict[str, Any]:
    """What Prefect's page sends of fields that nobody filled in."""
    assert operator.form is not None
    return {
        name: field["default"] for name, field in operator.form.fields.items() if name not in {"operator", "stop_here"}
    }


def stop(operator: Operator) -> None:
    """Switch on that one stops, and leave the pair out."""
    assert operator.form is not None
    assert "stop_here" in operator.form.fields
    assert operator.fill(stop_here=True, **left_out(operator))["status"] == "ACCEPT"


def without_the_switch(operator: Operator) -> None:
    """The form does not offer it any more."""
    assert operator.form is not None
    assert "stop_here" not in operator.form.fields
    assert "To stop here instead" not in operator.form.description
    assert operator.fill(stop_here=True)["status"] == "REJECT"


def test_nobody_clicked_and_the_form_itself_ends_the_rotation_and_lets_trading_go_on(operator: Operator) -> None:
    before = operator.estate.vault_values()
    stood: list[list[str | None]] = []

    def look_and_stop(person: Operator) -> None:
        stood.append(switches(person))
        stop(person)

    outcome = operator.rotate(Operator.be_ready, look_and_stop, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert "test operator stopped here, before anybody clicked. No key was touched." in outcome.message
    assert "The rotation is over, and trading goes on as before." in outcome.message
    assert "**To stop here instead**, while nobody has clicked Regenerate" in outcome.descriptions[1]
    assert stood == [["1", "1"]]
    assert switches(operator) == ["0", "0"]
    assert operator.actions()[-1] == "secret.rotate.aborted"
    assert "test operator stopped here" in operator.ledger.rows()[-1].context["reason"]
    # The copy of the old pair is gone, and what counts is as it was.
    assert pending_marks(operator.estate, LIVE) == []
    assert operator.estate.vault_values() == before


@pytest.mark.long
def test_after_the_click_the_form_comes_back_says_why_and_what_to_do_now(operator: Operator) -> None:
    new: list[Any] = []

    def click_and_stop(person: Operator) -> None:
        new.append(person.regenerate())
        stop(person)

    def enter(person: Operator) -> Any:
        without_the_switch(person)
        return new[0]

    outcome = begun(operator, click_and_stop, enter, until=Step.VALIDATE, credential="alpaca-paper")

    back = outcome.descriptions[1]
    assert back.startswith(NOT_ENDED)
    assert "The rotation cannot be ended any more: the keys were regenerated" in back
    assert "**The old pair is dead since " in back
    assert "touch no button there" in back
    assert "click **Regenerate**" not in back


OUTAGE = Fault("alpaca-paper", FaultKind.ANSWER, path="/v2/account", status=503, times=None)
STRANGE = Fault(
    "infisical",
    FaultKind.ANSWER,
    "GET",
    ".*/secrets.*",
    status=400,
    body={"error": "www.example.net", "message": "no"},
    times=None,
)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(OUTAGE, "Whether the current pair still lives is not proved: Alpaca ", id="no answer"),
        # Prefect's page makes a link of an address, and this would be one beside the link to click.
        pytest.param(STRANGE, "code www\\[.\\]example.net", id="an answer with an address", marks=pytest.mark.long),
    ],
)
def test_while_it_is_not_proved_that_the_old_pair_lives_nothing_is_ended(
    operator: Operator, fault: Fault, said: str
) -> None:
    """Why not is told in the form that comes back, and what a vendor says there is no link."""

    def stop_in_an_outage(person: Operator) -> None:
        person.estate.server.plan.add(replace(fault))
        stop(person)

    def stop_again(person: Operator) -> None:
        person.estate.server.plan.clear()
        stop(person)

    outcome = operator.rotate(stop_in_an_outage, stop_again)

    assert outcome.state.name == "Stopped", outcome.message
    back = outcome.descriptions[1]
    assert back.startswith(NOT_ENDED)
    assert said in back
    assert "www.example.net" not in back


@pytest.mark.long
def test_a_form_that_offered_no_end_comes_again_with_it_when_the_death_was_an_outage(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")

    def stop_when_it_looks_dead(person: Operator) -> None:
        refused = Fault("alpaca-paper", FaultKind.ANSWER, "GET", ACCOUNT, 401, REFUSED, times=None)
        until_watched(person, "alpaca-paper", times=asked(person, "alpaca-paper") + 2)
        person.estate.server.plan.add(refused)
        wait_until(
            lambda: any(row.context.get("old_died_at") for row in person.ledger.rows()),
            description="the death is noted",
        )
        stop(person)

    def wait(person: Operator) -> None:
        without_the_switch(person)
        person.estate.server.plan.clear()

    outcome = operator.rotate(stop_when_it_looks_dead, wait, stop)

    assert outcome.state.name == "Stopped", outcome.message
    assert outcome.descriptions[1].startswith(NOT_ENDED)
    assert "**The old pair is dead since " in outcome.descriptions[1]
    assert "dead since" not in outcome.descriptions[2]
    assert "**To stop here instead**, while nobody has clicked Regenerate" in outcome.descriptions[2]
    (alarm,) = alerts_of_a_hold(operator)
    assert alarm.startswith("alpaca-paper: not regenerated after all: ")
    assert "Its form comes again." in alarm


def test_a_pair_that_is_entered_with_the_switch_on_is_judged_and_not_lost(operator: Operator) -> None:
    def both(person: Operator) -> None:
        assert person.form is not None
        person.submit(person.form.run_id, person.regenerate(), stop_here=True)

    begun(operator, both, until=Step.VALIDATE, credential="alpaca-paper")


@pytest.mark.parametrize("choice", [END_UNSTOPPED, pytest.param(RETRY, marks=pytest.mark.long)])
def test_after_a_cancel_the_next_start_offers_to_end_it_before_it_asks_for_a_pair(
    operator: Operator, tmp_path: Path, choice: str
) -> None:
    before = operator.estate.vault_values()
    with another_process(operator, tmp_path) as process:
        cancelled = process.form("key_id").run_id
        process.kill()
    set_cancelled(cancelled)

    after = [] if choice == END_UNSTOPPED else [Operator.regenerate]
    outcome = operator.rotate(lambda person: person.choose(choice), *after)

    assert "was cancelled in Prefect while its form asked for the new pair" in outcome.descriptions[0]
    assert "- **stop here, nothing was touched**: only while nobody clicked Regenerate." in outcome.descriptions[0]
    if choice == END_UNSTOPPED:
        assert outcome.state.name == "Stopped", outcome.message
        assert "The rotation is over, and nothing was touched." in outcome.message
        assert operator.actions()[-1] == "secret.rotate.aborted"
        assert operator.estate.vault_values() == before
    else:
        assert outcome.state.is_completed(), outcome.message
