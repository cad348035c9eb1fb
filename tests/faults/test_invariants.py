"""What the grid looks for is found: a promise that is broken by hand is told."""

from __future__ import annotations

from blocks.ledger import Ledger
from deployments import proof
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, MQ_A, Estate
from deployments.sandbox.raptor import KILL_SWITCH
from tests.faults import invariants


def test_a_pair_that_trades_before_it_is_verified_is_found(estate: Estate, ledger: Ledger) -> None:
    before = proof.observe(estate, "live")
    new = dict(zip(LIVE, estate.live.regenerate(), strict=True))
    for app in LIVE_RUNTIMES.values():
        estate.heroku.apps[app].change({**new, KILL_SWITCH: "1" if app == MQ_A else "0"}, "somebody@example.com")

    found = invariants.afterwards(before, estate, ledger)

    assert "release v2 of raxx-api-prod carries a pair that was not verified, with trading on" in found
    assert not any(MQ_A in one for one in found)
    assert len(found) == 2, "an estate that is not rotated is told as well"


def test_a_hold_that_does_not_say_that_trading_is_on_is_found(estate: Estate) -> None:
    assert invariants.while_held(estate, "The brakes are on: trading is stopped.") != []
    assert invariants.while_held(estate, "The brakes are NOT proved to be on.") == []


def test_a_refusal_that_made_a_release_is_found(estate: Estate, ledger: Ledger) -> None:
    assert invariants.when_refused(estate, ledger) == []
    estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "1")
    assert invariants.when_refused(estate, ledger) == ["refused, and raxx-mq-a has a new release"]


def test_a_sentence_that_helps_nobody_is_found() -> None:
    good = "Heroku: read app failed: not accepted (HTTP 401). Put a token into the Heroku block."
    assert invariants.sentence("heroku", good) == []
    assert invariants.sentence("slack", good) != []
    assert invariants.sentence("heroku", "Heroku failed.") != []
    assert (
        invariants.sentence("heroku", "An error that rekey does not know of stopped a step (KeyError). Heroku.") != []
    )
