"""Held before the dashboard link was shown: no key was touched, so the rotation can be ended, and trading goes on."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from blocks.errors import Stopped
from blocks.ledger.history import History
from blocks.ledger.row import Action
from blocks.ledger.trading import told
from blocks.model.rotation import Decision
from blocks.secret import fingerprint
from deployments.sandbox.estate import LIVE, VAULT_PATH
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.hold import hold
from tests.operator import Operator
from tests.steps.beside_the_form import rotation_of
from tests.steps.holding import END, RETRY, STAY, alerts_of_a_hold, mend_and, switches
from tests.steps.live import BRAKES, KILL_SWITCH, MQ_A, PROD
from tests.steps.live import LIVE as LIVE_NAME
from tests.steps.support import alone, pending_marks

pytestmark = pytest.mark.usefixtures("_few_tries")


def ready_without_positions(operator: Operator) -> None:
    """Be ready; from now on Alpaca does not tell the positions, so snapshot fails while no key was touched."""
    operator.estate.server.plan.add(Fault("alpaca-live", FaultKind.ANSWER, path="/v2/positions", times=None))
    operator.be_ready()


def test_before_the_link_was_shown_the_rotation_can_be_ended_and_trading_goes_on(operator: Operator) -> None:
    outcome = operator.rotate(ready_without_positions, lambda person: person.choose(END), credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert "Alpaca: list positions failed" in outcome.descriptions[1]
    assert "The rotation is over, and trading goes on as before." in outcome.message
    assert switches(operator) == ["0", "0"]
    assert operator.actions()[-1] == "secret.rotate.aborted"
    (over,) = alerts_of_a_hold(operator, "rekey_news")
    assert over.startswith("alpaca-live: the rotation is over: test operator stopped here.")
    assert "Trading: on again since" in over


def test_a_key_that_was_regenerated_while_the_form_was_open_cannot_be_ended_and_trading_stays_stopped(
    operator: Operator,
) -> None:
    seen: list[list[str | None]] = []
    choices: list[str] = []
    new: list[Any] = []

    def click_and_end(person: Operator) -> None:
        new.append(person.regenerate_live())
        person.choose(END)

    def look_and_go_on(person: Operator) -> None:
        assert person.form is not None
        choices.extend(person.form.fields["choice"]["enum"])
        seen.append(switches(person))
        mend_and(RETRY)(person)

    outcome = operator.rotate(
        ready_without_positions, click_and_end, look_and_go_on, lambda _: new[0], credential="alpaca-live"
    )

    assert outcome.state.is_completed(), outcome.message
    assert seen == [["1", "1"]]
    assert "The rotation cannot be ended any more: the keys were regenerated" in outcome.descriptions[2]
    assert STAY in outcome.descriptions[2]
    # Its last answer is named there, too.
    assert f"**{END}**" not in outcome.descriptions[2]
    assert choices
    assert END not in choices


@pytest.mark.long
def test_while_alpaca_does_not_say_that_the_pair_lives_trading_stays_stopped(operator: Operator) -> None:
    seen: list[list[str | None]] = []

    def break_alpaca_and_end(person: Operator) -> None:
        person.estate.server.plan.add(Fault("alpaca-live", FaultKind.ANSWER, path="/v2/account", times=None))
        person.choose(END)

    def look_and_end(person: Operator) -> None:
        seen.append(switches(person))
        mend_and(END)(person)

    outcome = operator.rotate(ready_without_positions, break_alpaca_and_end, look_and_end, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert seen == [["1", "1"]]
    assert "Whether the current pair still lives is not proved: Alpaca gives no clear answer" in outcome.descriptions[2]
    assert switches(operator) == ["0", "0"]


def test_while_trading_is_paused_the_old_pair_is_kept_and_without_a_click_no_copy_stays(operator: Operator) -> None:
    """Kept while the dynos boot, store need not do it while trading stands still."""
    kept: list[list[str]] = []

    def look_and_end(person: Operator) -> None:
        kept.append(pending_marks(person.estate, LIVE))
        person.choose(END)

    outcome = operator.rotate(ready_without_positions, look_and_end, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert kept == [[fingerprint(SecretStr(operator.estate.vault_values()[LIVE[1]]))]]
    assert pending_marks(operator.estate, LIVE) == []


@pytest.mark.long
def test_a_copy_of_the_old_pair_that_cannot_be_deleted_is_said_so(operator: Operator) -> None:
    def break_vault_and_end(person: Operator) -> None:
        person.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, "DELETE", status=503, times=None))
        person.choose(END)

    outcome = operator.rotate(ready_without_positions, break_vault_and_end, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert "The rotation is over, and trading goes on as before." in outcome.message
    assert f"A copy of the current pair is left in the vault's folder {VAULT_PATH}/rekey" in outcome.message
    assert "Infisical: delete secrets failed" in outcome.message
    assert switches(operator) == ["0", "0"]


@pytest.mark.long
def test_a_vault_that_takes_no_pair_holds_the_rotation_before_the_click(operator: Operator) -> None:
    def take_the_right_away(person: Operator) -> None:
        person.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, "POST", ".*batch.*", status=403, times=None))
        person.be_ready()

    outcome = operator.rotate(take_the_right_away, lambda person: person.choose(END), credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert "Infisical: create secrets failed" in outcome.descriptions[1]
    assert "no key was touched" in outcome.descriptions[1]
    assert switches(operator) == ["0", "0"]


def test_trading_that_was_never_stopped_is_not_said_to_go_on_again(operator: Operator) -> None:
    """Heroku did not say whose the brakes are, so pause engaged none, and they are not this rotation's to release."""
    rotation = rotation_of(operator)
    decisions: list[Decision] = []

    def ends() -> None:
        decisions.append(hold(rotation, Decision(), Stopped("Somebody stopped here.", "No key was touched.")))

    assert alone(ends).is_completed()

    assert "Trading: not stopped by this rotation." in alerts_of_a_hold(operator, "rekey_news")[0]
    assert not [row for row in operator.ledger.rows() if "resumed_at" in row.context]
    assert (
        told(rotation.credential, History.fold(operator.ledger.rows(rotation=rotation.id)), [])
        == "not stopped by this rotation"
    )


def test_a_brake_of_which_nobody_knows_who_engaged_it_is_left_on_at_such_an_end_and_said(operator: Operator) -> None:
    """Heroku did not say what it was when an alarm engaged it; the alarm was none."""
    rotation = rotation_of(operator)
    before = {BRAKES[PROD]: None, BRAKES[MQ_A]: False}
    note = {"step": "pause", "outcome": "noted", "engaged_before": before, "paused_at": "2026-11-27T10:00:00+00:00"}
    operator.ledger.append(Action.STEP, rotation=rotation.id, credential=LIVE_NAME, actor="x", context=note)
    for app in (PROD, MQ_A):
        operator.estate.heroku.set_by_hand(app, KILL_SWITCH, "1")
    decisions: list[Decision] = []

    def ends() -> None:
        decisions.append(hold(rotation, Decision(), Stopped("Somebody stopped here.", "No key was touched.")))

    state = alone(ends)

    assert state.is_completed(), state.message
    assert switches(operator) == ["1", "0"]
    unknown = f"whether {BRAKES[PROD]} was engaged before is unknown: it is left on; release it by hand if trading is"
    assert unknown in str(decisions[0].stopped)
    assert "goes on as before" not in str(decisions[0].stopped)
    (alarm,) = alerts_of_a_hold(operator)
    assert alarm.count(unknown) == 1
    assert unknown in operator.ledger.rows()[-1].context["what_would_help"]
    assert unknown in told(rotation.credential, History.fold(operator.ledger.rows(rotation=rotation.id)), [])
