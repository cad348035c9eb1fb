"""After the click nothing fails: what cannot go on is held with the brakes on, told, and decided by a person."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.ledger.row import Action
from deployments.rehearsal import proof
from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch, brakes
from tasks.rotate.hold_form import Held, text_of
from tests.operator import Operator
from tests.steps.beside_the_form import Away
from tests.steps.holding import RETRY, STAY, alerts_of_a_hold, break_vault, mend_and, switches
from tests.steps.live import live_rotation

ANOTHER = "enter another pair"

pytestmark = pytest.mark.usefixtures("_few_tries")


def break_cleaning(operator: Operator) -> Any:
    """Regenerate; from now on the vault deletes nothing, so the rotation is held when trading goes on already."""
    fault = Fault("infisical", FaultKind.ANSWER, "DELETE", ".*secrets.*", status=503, times=None)
    operator.estate.server.plan.add(fault)
    return operator.regenerate_live()


def test_a_held_rotation_tells_why_and_what_to_do_and_goes_on_with_the_same_pair(operator: Operator) -> None:
    before = proof.observe(operator.estate, "live")

    outcome = operator.rotate(Operator.be_ready, break_vault, mend_and(RETRY), credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    held = outcome.descriptions[2]
    assert held.startswith("### Choose how to go on: alpaca-live is held")
    assert "\n\nThe brakes are on: trading is stopped. Trading: stopped since " in held
    assert "Infisical: create secrets failed: the vendor is in trouble (HTTP 503)." in held
    assert "then try again: it goes on where it stopped." in held
    assert "The brakes are on: trading is stopped." in held
    (row,) = (row for row in operator.ledger.rows() if row.action is Action.HELD)
    assert "Infisical: create secrets failed" in row.context["reason"]
    assert row.context["what_would_help"]
    (alert,) = alerts_of_a_hold(operator)
    assert alert.startswith("alpaca-live is held: Infisical")
    assert "Trading: stopped since" in alert
    forms = alerts_of_a_hold(operator, "rekey_form")
    assert [one.split(":")[0] for one in forms] == [
        "alpaca-live waits for you to be ready",
        "alpaca-live waits for the new pair",
    ], "that it is held tells its form as well"
    assert "Trading: stopped since" in forms[1]
    goes_on, end = alerts_of_a_hold(operator, "rekey_news")
    assert goes_on.startswith("alpaca-live goes on: test operator chose: retry this step. Trading: stopped since")
    assert end.startswith("alpaca-live was rotated: Pair ")
    assert "Trading: on again since" in end
    assert "; it was stopped for" in end
    _, told, completed = operator.ledger.rows()[-3:]
    assert (told.context["end_told"], completed.action) == ("alpaca-live was rotated", Action.COMPLETED)
    assert operator.ledger.rows()[-3].context["step"] == "resume"
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


@pytest.mark.long
def test_stopping_stays_held_with_the_brakes_on_also_when_the_next_run_cannot_begin_and_one_goes_on_without_asking(
    operator: Operator,
) -> None:
    """Three runs: held and stopped, held because preflight finds the same trouble, and on to the end."""
    before = proof.observe(operator.estate, "live")

    first = operator.rotate(Operator.be_ready, break_vault, lambda one: one.choose(STAY), credential="alpaca-live")
    while_held = [switches(operator)]
    second = operator.rotate(mend_and(STAY), credential="alpaca-live")
    while_held.append(switches(operator))
    third = operator.rotate(credential="alpaca-live")

    for stopped in (first, second):
        assert (stopped.state.type.value, stopped.state.name) == ("CANCELLED", "Stopped")
        assert "alpaca-live stays held. The brakes are on: trading is stopped." in stopped.message
    assert while_held == [["1", "1"], ["1", "1"]]
    assert second.descriptions[0].startswith("### Choose how to go on: alpaca-live is held\n\nPreflight found")
    assert "what was done before stays done" in second.descriptions[0]
    assert "The brakes are on: trading is stopped." in second.descriptions[0]
    assert third.state.is_completed(), third.message
    assert third.descriptions == []
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


@pytest.mark.long
def test_an_error_of_rekey_itself_in_the_brakes_does_not_keep_the_form_from_coming(
    operator: Operator,
) -> None:
    def with_an_error(person: Operator) -> Any:
        monkeypatch.setattr(brake_switch, "set_all", lambda *_, **__: 1 / 0)
        return break_vault(person)

    def without_it(person: Operator) -> None:
        monkeypatch.undo()
        mend_and(RETRY)(person)

    with pytest.MonkeyPatch.context() as monkeypatch:
        outcome = operator.rotate(Operator.be_ready, with_an_error, without_it, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    told = "The brakes are NOT proved to be on: rekey itself failed (ZeroDivisionError). Stop trading by hand."
    assert told in outcome.descriptions[2]


@pytest.mark.long
def test_another_pair_is_asked_for_with_the_reason_and_brakes_that_cannot_be_proved_are_said_to_be_not_proved(
    operator: Operator,
) -> None:
    """Held because the vault is down, and with the other pair because a dyno crashes: the form and people read why."""

    def crash(person: Operator) -> Any:
        person.estate.heroku.knobs.crash_on_boot = True
        return person.regenerate_live()

    def mend(person: Operator) -> None:
        person.estate.heroku.knobs.crash_on_boot = False
        for app in LIVE_RUNTIMES.values():
            person.estate.heroku.apps[app].change({"MENDED": "1"}, "developer@example.com")
        person.choose(RETRY)

    outcome = operator.rotate(Operator.be_ready, break_vault, mend_and(ANOTHER), crash, mend, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "test operator chose to enter another pair: click Regenerate once more." in outcome.descriptions[3]
    assert len(operator.steps("await_human_input")) >= 4
    assert "a dyno of release v3 crashed while it started" in outcome.descriptions[4]
    assert "The brakes are NOT proved to be on" in outcome.descriptions[4]
    assert "Stop trading by hand." in outcome.descriptions[4]
    told = ["alpaca-live is held", "alpaca-live is held", "alpaca-live"]
    assert [one.split(":")[0] for one in alerts_of_a_hold(operator)] == told
    assert "trading may be on" in alerts_of_a_hold(operator)[2]


def test_what_is_wrong_after_the_release_stops_no_trading_but_an_application_that_says_no_does(
    operator: Operator,
) -> None:
    """The pair is proved and trading goes on: only cleaning up in the vault is left, and it fails.

    The next try verifies again, and the pair that was proved trades in no account any more.
    """
    seen: list[list[str | None]] = []
    releases: list[int] = []
    knobs = operator.estate.raptors["raptor-prod"].knobs

    def break_the_application(person: Operator) -> None:
        seen.append(switches(person))
        releases.extend(len(person.estate.heroku.apps[app].releases) for app in LIVE_RUNTIMES.values())
        knobs.account_answer = (200, {"status": "ACTIVE", "account_number": "another"})
        mend_and(RETRY)(person)

    def mend_the_application(person: Operator) -> None:
        seen.append(switches(person))
        knobs.account_answer = None
        person.choose(RETRY)

    outcome = operator.rotate(
        Operator.be_ready, break_cleaning, break_the_application, mend_the_application, credential="alpaca-live"
    )

    assert outcome.state.is_completed(), outcome.message
    assert seen == [["0", "0"], ["1", "1"]]
    assert "Trading goes on with the new pair, which was proved before" in outcome.descriptions[2]
    assert releases == [4, 4], "no brake was touched because of it"
    assert "raptor-prod does not trade in account" in outcome.descriptions[3]
    assert "The brakes are on: trading is stopped." in outcome.descriptions[3]
    assert [one for one in alerts_of_a_hold(operator) if "somebody let trading go on" in one] == [], (
        "rekey did so itself"
    )
    assert switches(operator) == ["0", "0"]


def test_a_ledger_that_is_away_takes_back_nothing_that_the_form_says_of_the_brakes(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def text() -> str:
        return text_of(rotation, "Why.", brakes.ON, None, form=Held, again_s=None)

    rotation, stopped = live_rotation(), {"engaged_before": {"brake": False}, "paused_at": "2026-11-22T10:00:00+00:00"}
    facts = {"step": "pause", "outcome": "done", "seconds": 0, "proofs": [], **stopped}
    operator.ledger.append(Action.STEP, rotation=rotation.id, credential="alpaca-live", actor="rekey", context=facts)
    assert f"\n\n{brakes.ON} Trading: stopped since 2026-11-22 10:00:00 UTC, for " in text()
    Away(monkeypatch).goes()
    assert f"\n\n{brakes.ON}\n" in text()
