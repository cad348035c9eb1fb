"""What the grid looks for is found: a promise that is broken by hand is told."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.rehearsal import proof
from deployments.sandbox.estate import APPS, LIVE, MQ_A, PAPER, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.chaos import invariants
from tests.faults import trading
from tests.operator import Operator

API_PROD = APPS["raptor-prod"]


def test_a_mixed_pair_is_found_in_the_vault_and_in_a_release(estate: Estate) -> None:
    assert invariants.mixed(estate) == []
    key_id, secret = estate.paper.regenerate()
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, {PAPER[1]: secret})
    estate.heroku.set_by_hand(API_PROD, PAPER[0], key_id)

    found = invariants.mixed(estate)

    assert f"the vault held halves of two pairs ({PAPER[0]})" in found
    assert f"release v2 of {API_PROD} held halves of two pairs ({PAPER[0]})" in found
    assert not any(LIVE[0] in one for one in found)


def test_a_mixed_pair_is_found_also_when_it_was_mended(estate: Estate) -> None:
    key_id, secret = estate.paper.regenerate()
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, {PAPER[1]: secret})
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, {PAPER[0]: key_id})

    assert invariants.mixed(estate) == [f"the vault held halves of two pairs ({PAPER[0]})"]


def test_trading_after_the_click_is_found(estate: Estate, ledger: Ledger) -> None:
    assert invariants.traded(estate, ledger, None) == []
    estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "1")
    clicked_at = datetime.now(UTC)

    (found,) = invariants.traded(estate, ledger, clicked_at)

    assert found == f"{API_PROD} trades with release v1 after the stop, before its pair was verified"


def _traded_after_verify_of(pair: str, estate: Estate, ledger: Ledger) -> list[str]:
    for app in (API_PROD, MQ_A):
        estate.heroku.set_by_hand(app, KILL_SWITCH, "1")
    clicked_at = datetime.now(UTC)
    for context in ({"step": "validate", "accepted": pair}, {"step": "verify"}):
        ledger.append(
            Action.STEP,
            rotation="r-1",
            credential="alpaca-live",
            actor="test",
            context={**context, "outcome": "done", "seconds": 1, "proofs": []},
        )
    for app in (API_PROD, MQ_A):
        estate.heroku.set_by_hand(app, KILL_SWITCH, "0")
    return invariants.traded(estate, ledger, clicked_at)


def test_trading_after_a_pair_was_verified_is_right(estate: Estate, ledger: Ledger) -> None:
    pair = trading.mark(estate.heroku.apps[API_PROD].releases[0])

    assert _traded_after_verify_of(pair, estate, ledger) == []


def test_trading_after_another_pair_was_verified_is_found(estate: Estate, ledger: Ledger) -> None:
    assert len(_traded_after_verify_of("000000000000", estate, ledger)) == 2


def test_a_pair_that_is_nowhere_and_an_entry_that_was_left_are_found(operator: Operator) -> None:
    outcome = operator.rotate(Operator.regenerate)
    assert outcome.state.is_completed()
    (row,) = [one for one in operator.steps("await_human_input") if one.context.get("outcome") == "waiting"]
    run = operator.api.get(f"/flow_runs/{row.context['run']}").json()
    values = operator.estate.vault_values()
    kept = Pair(values[PAPER[0]], SecretStr(values[PAPER[1]]))
    assert invariants.lost(operator, kept, run["id"]) == []
    assert invariants.left(operator, [run["id"]]) == []

    operator.api.post(f"/flow_runs/{run['id']}/input", json={"key": "paused-x-response", "value": '{"operator": "x"}'})

    lost = invariants.lost(operator, Pair(kept.key_id, SecretStr("another one")), run["id"])
    assert lost == ["I1: the submitted pair is nowhere right after the kill"]
    assert invariants.left(operator, [run["id"]]) == ["Prefect still holds paused-x-response"]


def test_a_rotation_that_the_ledger_tells_wrongly_is_found(estate: Estate, ledger: Ledger) -> None:
    before = proof.observe(estate)
    assert invariants.recorded(before, estate, ledger) == ["the ledger completes 0 rotations"]
    context = {"old": "000000000000", "new": "000000000000"}
    ledger.append(Action.COMPLETED, rotation="r-1", credential="alpaca-paper", actor="test", context=context)

    assert invariants.recorded(before, estate, ledger) == [
        "the ledger calls another pair the old one than the vault held",
        "the ledger calls another pair the new one than the vault held",
    ]
