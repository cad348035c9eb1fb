"""What is found of the current pair decides whether a rotation may begin, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from deployments.rehearsal import proof
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.preflight import preflight
from tests.operator import Operator
from tests.steps.support import alone, seen, told, use_catalog


def test_a_pair_that_is_dead_already_needs_the_reason_account_reset(operator: Operator) -> None:
    operator.estate.paper.regenerate()
    before = seen(operator.estate)

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert outcome.descriptions == []
    assert "it is dead already. Probably the account was reset: this is a forced rotation." in outcome.message
    assert "Start again with reason 'account reset' if that is so; otherwise find out who changed" in outcome.message
    assert operator.actions() == [Action.STARTED, Action.ABORTED]
    # The vault took the current pair over itself, and nothing else happened.
    assert seen(operator.estate) == before


# The twin counts: a step that asks as often in each try meets the refusal at the same question each time.
@pytest.mark.long
@pytest.mark.parametrize("one_in", [4, 5])
def test_a_current_pair_that_is_refused_now_and_then_is_rotated_and_never_called_dead(
    operator: Operator, one_in: int
) -> None:
    operator.estate.alpaca.knobs.refuses_one_in = one_in

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert not any("dead already" in str(row.context) for row in operator.ledger.rows())


def test_a_current_pair_that_is_accepted_again_in_a_moment_is_not_called_dead(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage of a second refuses it five times in a row."""
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.01")
    current = operator.estate.paper.keys[-1]
    current.dead_from = 0.0

    class Over(Fault):
        def strike(self) -> None:
            current.dead_from = None

    # A made-up pair is asked about between two looks at a pair that was refused.
    operator.estate.server.plan.add(Over("alpaca-paper", FaultKind.SLOW, "GET", "/v2/account", seconds=0.0, skip=10))

    message = told(alone(lambda: preflight.with_options(retries=0)("alpaca-paper", Reason.SCHEDULED)))

    assert "1. Alpaca refused the current alpaca-paper pair" in message
    assert "and then accepted it again. Start the rotation again" in message


@pytest.mark.long
def test_after_an_account_reset_a_forced_rotation_goes_on_with_the_new_account(operator: Operator) -> None:
    """The account has another id, number and creation time, so nothing can be compared: it is reported instead."""
    estate = operator.estate
    old_number = estate.paper.number
    estate.paper.reset()
    assert estate.paper.number != old_number
    before = proof.observe(estate)

    outcome = operator.rotate(Operator.regenerate, reason=Reason.ACCOUNT_RESET)

    assert outcome.state.is_completed(), outcome.message
    assert "Generate New Keys" in outcome.descriptions[0]
    assert proof.prove_rotated(before, proof.observe(estate), operator.ledger)
    assert operator.steps("verify")[-1].context["account_number"] == estate.paper.number
    completed = operator.ledger.rows()[-1]
    assert completed.context["reason"] == "account reset"


def test_a_blocked_account_is_told_before_the_click(operator: Operator) -> None:
    operator.estate.paper.flags["trading_blocked"] = True

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert f"Alpaca's account {operator.estate.paper.number} is ACTIVE (trading_blocked)." in outcome.message
    assert "Clear that with Alpaca first" in outcome.message
    assert outcome.descriptions == []


def test_an_account_whose_owner_suspended_trading_is_rotated_and_stays_suspended(operator: Operator) -> None:
    """A key leaked, and the owner stopped everything at once: nothing is more urgent than this rotation.

    That its current pair is refused now and then calls it never dead.
    """
    operator.estate.alpaca.knobs.refuses_one_in = 5
    operator.estate.paper.flags["trade_suspended_by_user"] = True

    outcome = operator.rotate(Operator.regenerate, reason=Reason.COMPROMISE)

    told = 'Trading is suspended by the account\'s owner ("Trades suspended" at Alpaca).'
    assert outcome.state.is_completed(), outcome.message
    assert f"{told} rekey left that on." in outcome.message
    assert any(told in one for one in operator.steps("preflight")[-1].context["proofs"])
    assert any(told in one for one in operator.steps("verify")[-1].context["proofs"])
    assert "| Trades at Alpaca | suspended by the account's owner; rekey left that on |" in operator.report()
    assert operator.estate.paper.flags["trade_suspended_by_user"]
    assert not any("dead already" in str(row.context) for row in operator.ledger.rows())


def test_an_entry_that_is_bound_to_another_account_is_told_before_the_click(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = f'cadence_days = 180\naccount_number = "{operator.estate.other_paper.number}"'
    use_catalog(tmp_path, monkeypatch, ("cadence_days = 180", bound))

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert f"The current pair opens account {operator.estate.paper.number}, but the catalog binds" in outcome.message
    assert "Correct account_number in the catalog, or the pair in the vault." in outcome.message


def test_an_application_that_trades_in_another_account_is_told_before_the_click(operator: Operator) -> None:
    """It reads other variables than the catalog says, so it would not get the new pair either."""
    key_id, secret = operator.estate.other_paper.regenerate()
    operator.estate.heroku.apps["raxx-api-prod"].change({"OWN_KEY": key_id, "OWN_SECRET": secret}, "somebody")
    operator.estate.raptors["raptor-prod"]._names = {"paper": ("OWN_KEY", "OWN_SECRET"), "live": ("NO", "NO_SECRET")}

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert f"raptor-prod trades in account {operator.estate.other_paper.number}" in outcome.message
    assert "It reads another pair than the catalog says" in outcome.message
    assert "raptor-staging" not in outcome.message
