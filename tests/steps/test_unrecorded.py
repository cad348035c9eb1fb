"""The ledger is gone, or older than reality: the rotation goes on from what is so, and says that it did."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.alpaca.unknown import YES
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from deployments.rehearsal import proof
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator, Outcome
from tests.steps.live import BRAKES, kill_switches
from tests.steps.support import stay_held

pytestmark = pytest.mark.usefixtures("_few_tries")

DOWN = {
    "vault down from the submission on": ("infisical", "*", ".*"),
    "vault takes no current pair": ("infisical", "PATCH", ".*"),
    "Heroku down": ("heroku", "PATCH", ".*"),
    "application down": ("raptor-prod", "*", "/api/.*"),
}
# One of them each time, all of them in `make long`.
FIRST_AND_THE_OTHERS = [pytest.param(one, marks=pytest.mark.long) if number else one for number, one in enumerate(DOWN)]
UNKNOWN = "The ledger does not know of it (it is new, or older than reality)"


def held_by(operator: Operator, fault: tuple[str, str, str], *more: Callable[[Operator], Pair | None]) -> Outcome:
    """A rotation that is given up in the form of a held step; what was wrong is mended afterwards."""
    vendor, method, path = fault

    def click(person: Operator) -> Pair:
        person.estate.server.plan.add(Fault(vendor, FaultKind.ANSWER, method, path, 503, times=None))
        return person.regenerate_live() if more else person.regenerate()

    outcome = operator.rotate(*more, click, stay_held, credential="alpaca-live" if more else "alpaca-paper")
    assert outcome.state.name == "Stopped", outcome.message
    operator.estate.server.plan.clear()
    return outcome


@pytest.mark.parametrize("wrong", FIRST_AND_THE_OTHERS)
def test_without_its_ledger_a_rotation_goes_on_and_nobody_has_to_click_again(
    operator: Operator, tmp_path: Path, wrong: str
) -> None:
    before = proof.observe(operator.estate)
    # Raptor of staging trades the paper pair.
    vendor = DOWN[wrong][0].replace("prod", "staging")
    held_by(operator, (vendor, *DOWN[wrong][1:]))
    (tmp_path / "ledger.db").unlink()
    # A health run in between hides nothing that was typed: its row is of this credential and of no rotation.
    Ledger(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")).append(
        Action.HEALTH_CHECKED, rotation="", credential="alpaca-paper", actor="rekey", context={"outcome": "failed"}
    )

    outcome = operator.rotate()

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert operator.actions() == [Action.STARTED, Action.COMPLETED]
    assert UNKNOWN in operator.report()
    entry = operator.steps("await_human_input")[0]
    if wrong == "vault down from the submission on":
        assert (entry.facts.operator, entry.actor) == ("test operator", "claimed by test operator")
        assert "| Claimed by | test operator |" in operator.report()
        assert "Entered by test operator, as the form says." in operator.report()
    else:
        # What is staged in the vault says nothing of who typed it, and Prefect keeps nothing of it.
        assert (entry.facts.operator, entry.actor.partition(" (")[0]) == ("somebody whose name was lost", "rekey")
    assert "The new pair's account is reported, not compared." in operator.report()


@pytest.mark.long
def test_a_live_one_goes_on_too_and_brakes_of_which_nothing_is_known_stay_on(
    operator: Operator, tmp_path: Path
) -> None:
    before = proof.observe(operator.estate, "live")
    held_by(operator, DOWN["Heroku down"], Operator.be_ready)
    (tmp_path / "ledger.db").unlink()

    # Nothing knows which account was the right one.
    outcome = operator.rotate(lambda person: person.choose(YES), credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    assert "say whether this is the right account" in outcome.descriptions[0]
    assert set(kill_switches(operator.estate).values()) == {"1"}
    assert f"Trading: still stopped by {', '.join(BRAKES.values())}, as it was before this rotation." in outcome.message
    now = proof.observe(operator.estate, "live")
    assert now != before
    assert UNKNOWN in operator.report("alpaca-live")


@pytest.mark.parametrize("wrong", ["Heroku down", pytest.param("vault takes no current pair", marks=pytest.mark.long)])
@pytest.mark.long
def test_with_a_ledger_that_was_restored_from_a_backup_it_goes_on_as_well(
    operator: Operator, tmp_path: Path, wrong: str
) -> None:
    """The backup is from the moment at which the form was shown: it knows the snapshot, but of no pair."""
    before = proof.observe(operator.estate)
    ledger, backup = tmp_path / "ledger.db", tmp_path / "backup.db"
    vendor, method, path = DOWN[wrong]

    def click(person: Operator) -> Pair:
        shutil.copy(ledger, backup)
        person.estate.server.plan.add(Fault(vendor, FaultKind.ANSWER, method, path, 503, times=None))
        return person.regenerate()

    operator.rotate(click, stay_held)
    operator.estate.server.plan.clear()
    shutil.copy(backup, ledger)

    outcome = operator.rotate()

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert UNKNOWN in operator.report()
    assert len(operator.steps("snapshot")) == 1


@pytest.mark.long
def test_what_was_left_on_purpose_by_a_rotation_that_the_ledger_knows_is_not_adopted(operator: Operator) -> None:
    """Somebody closed it by hand: the next one asks for a pair of its own."""
    held_by(operator, DOWN["vault takes no current pair"])
    start = operator.ledger.open_start("alpaca-paper")
    assert start is not None
    operator.ledger.append(Action.ABORTED, rotation=start.rotation, credential="alpaca-paper", actor="somebody")
    before = proof.observe(operator.estate)

    outcome = operator.rotate(Operator.regenerate, reason=Reason.ACCOUNT_RESET)

    assert outcome.state.is_completed(), outcome.message
    assert len(outcome.descriptions) == 1
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert UNKNOWN not in operator.report()


@pytest.mark.long
def test_while_alpaca_does_not_say_which_pair_lives_nothing_is_believed(operator: Operator, tmp_path: Path) -> None:
    held_by(operator, DOWN["vault takes no current pair"])
    (tmp_path / "ledger.db").unlink()
    operator.estate.server.plan.add(Fault("alpaca-paper", FaultKind.ANSWER, "GET", ".*", 503, times=None))

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert outcome.descriptions == []
    assert "Alpaca does not say which of them live. Nothing is lost: start the rotation again" in outcome.message
    operator.estate.server.plan.clear()
    assert operator.rotate().state.is_completed()
