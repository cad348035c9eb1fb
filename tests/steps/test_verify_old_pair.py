"""The old pair is called dead only where that is proved."""

from __future__ import annotations

import pytest

from blocks.prefect_api import estate as blocks
from blocks.vaults import pending
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.steps.support import Clicked, clicked
from tests.steps.verifying import ACCOUNT, let_staging_read_other_variables, proofs, run


@pytest.mark.usefixtures("_short")
def test_an_old_pair_that_still_opens_the_account_is_told_and_nothing_is_called_dead(operator: Operator) -> None:
    operator.estate.alpaca.knobs.death_lag_s = 3600.0
    given = clicked(operator)
    given.give_by_hand(operator.estate)

    message = run(given)

    assert f"The old pair {given.rotation.old} still opens the account" in message
    assert "delete the old key there, then try again" in message
    assert proofs(given) == []


@pytest.mark.usefixtures("_short")
def test_an_old_pair_that_lives_and_is_refused_now_and_then_is_not_called_dead(operator: Operator) -> None:
    """Three of four requests would have gone on trading (alpacahq/Alpaca-API#118)."""
    operator.estate.alpaca.knobs.death_lag_s = 3600.0
    given = clicked(operator)
    given.give_by_hand(operator.estate)
    operator.estate.paper.keys[-2].refuses_one_in = 4

    for _ in range(2):
        assert f"The old pair {given.rotation.old} still opens the account" in run(given)
    assert proofs(given) == []


def test_an_old_pair_that_is_accepted_again_while_the_check_order_is_placed_is_not_called_dead(
    given: Clicked, operator: Operator
) -> None:
    """An outage refused it as often in a row as a dead one is refused."""
    replaced = operator.estate.paper.keys[-2]

    class Revived(Fault):
        def strike(self) -> None:
            replaced.dead_from = None

    operator.estate.server.plan.add(Revived("raptor-prod", FaultKind.SLOW, "GET", ACCOUNT, seconds=0.0))

    assert f"The old pair {given.rotation.old} still opens the account" in run(given)
    assert not any("is dead" in one for one in proofs(given))


def test_an_old_pair_that_dies_late_is_waited_for(operator: Operator) -> None:
    operator.estate.alpaca.knobs.death_lag_s = 2.0
    given = clicked(operator)
    given.give_by_hand(operator.estate)

    assert run(given) == ""

    assert any(f"Old pair {given.rotation.old} is dead" in one for one in proofs(given))


def test_an_application_that_trades_with_the_old_pair_until_that_dies_is_not_believed(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers just as one with the new pair does, for as long as the old pair lives: it is asked after the death."""
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "3")
    estate = operator.estate
    estate.alpaca.knobs.death_lag_s = 2.0
    given = clicked(operator)
    given.give_by_hand(estate)
    let_staging_read_other_variables(estate, given.old)
    estate.server.journal.clear()

    message = run(given)

    number = given.before.subject
    assert f"raptor-staging does not trade in account {number} with the new pair after 3 s (it says no)." in message
    assert [one.status for one in estate.server.journal.of("raptor-staging") if one.status == 200] == []
    assert estate.paper.orders == []


@pytest.mark.usefixtures("_short")
def test_an_alpaca_that_accepts_anything_proves_no_death(given: Clicked, operator: Operator) -> None:
    """The old pair is dead in truth, and a made-up one is accepted as well: nobody can say."""
    operator.estate.alpaca.knobs.accepts_garbage = True

    assert "is unknown (old yes, new yes, never-valid yes)" in run(given)
    assert proofs(given) == []


def test_a_death_that_was_proved_before_is_believed_when_the_old_pair_is_not_kept_any_more(given: Clicked) -> None:
    """The run before was stopped while it cleaned up."""
    assert run(given) == ""
    with blocks.vault(given.rotation.credential.vault).get_client() as vault:
        pending.drop(vault, given.rotation.credential.vault, [given.rotation.old])

    assert run(given) == ""

    assert "The old pair was proved dead by an earlier run of this rotation." in proofs(given)


def test_a_death_that_nobody_can_prove_any_more_is_left_to_the_operator(given: Clicked) -> None:
    with blocks.vault(given.rotation.credential.vault).get_client() as vault:
        pending.drop(vault, given.rotation.credential.vault, [given.rotation.old])

    message = run(given)

    assert f"The old pair {given.rotation.old} is not kept in the vault's pending folder" in message
    assert "`rekey ledger close`" in message
