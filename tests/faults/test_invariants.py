"""What the grid looks for is found: a promise that is broken by hand is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.prefect_api.recording import DONE
from blocks.secret import fingerprint
from deployments.rehearsal import proof
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, MQ_A, Estate
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.faults import alone, invariants, trading
from tests.faults.calls import call
from tests.faults.cell import Cell
from tests.faults.faults import LASTING

API_PROD = LIVE_RUNTIMES["raptor-prod"]
READ_APP = "Heroku: read app failed: not accepted (HTTP 401)."
REMEDY = "Put a token into the Heroku block."
PREFLIGHT = "Preflight found 2 problems; no key was touched.\n1. {}\n2. {}\n Then start the rotation again."
PROPAGATE = (
    "1 of 2 consumers have the new pair 0123456789ab. Missing:\n1. heroku raxx-mq-a: {}\n "
    "The vault has the new pair, nothing is lost: correct that and go on here."
)
RETURNED = "### The last entry was not accepted\n\n{}\n\n### Rotate alpaca-live\n\n**Regenerate kills the old pair.**"


def _brakes(estate: Estate, value: str) -> None:
    for app in LIVE_RUNTIMES.values():
        estate.heroku.set_by_hand(app, KILL_SWITCH, value)


def _given(estate: Estate, value: str = "1") -> str:
    """A new pair in both applications; its fingerprint."""
    new = dict(zip(LIVE, estate.live.regenerate(), strict=True))
    for app in LIVE_RUNTIMES.values():
        estate.heroku.apps[app].change({**new, KILL_SWITCH: value}, "somebody@example.com")
    return fingerprint(SecretStr(new[LIVE[1]]))


def _done(ledger: Ledger, step: str, **context: object) -> None:
    ledger.append(
        Action.STEP,
        rotation="r-1",
        credential="alpaca-live",
        actor="test",
        context={"step": step, "outcome": DONE, **context},
    )


def test_a_pair_that_trades_before_it_is_verified_is_found(estate: Estate, ledger: Ledger) -> None:
    before = proof.observe(estate, "live")
    new = dict(zip(LIVE, estate.live.regenerate(), strict=True))
    for app in LIVE_RUNTIMES.values():
        estate.heroku.apps[app].change({**new, KILL_SWITCH: "1" if app == MQ_A else "0"}, "somebody@example.com")

    found = invariants.afterwards(before, estate, ledger)

    assert "release v2 of raxx-api-prod carries a pair that was not verified, with trading on" in found
    assert not any(MQ_A in one for one in found)
    assert len(found) == 2, "an estate that is not rotated is told as well"


def test_a_pair_that_trades_after_another_one_was_verified_is_found(estate: Estate, ledger: Ledger) -> None:
    accepted = _given(estate)
    _done(ledger, "validate", accepted=accepted)
    _done(ledger, "verify")
    _brakes(estate, "0")
    assert trading.unverified(estate, ledger, None) == []

    _given(estate, "0")

    assert trading.unverified(estate, ledger, None) == [
        f"release v4 of {app} carries a pair that was not verified, with trading on" for app in LIVE_RUNTIMES.values()
    ]


def test_a_pause_that_stopped_nothing_is_found_also_when_trading_is_stopped_later(
    estate: Estate, ledger: Ledger
) -> None:
    estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "1")
    _done(ledger, "pause")
    estate.heroku.set_by_hand(API_PROD, KILL_SWITCH, "1")

    found = trading.unverified(estate, ledger, invariants.paused_at(ledger))

    assert f"{API_PROD} trades with release v1 after the stop, before its pair was verified" in found
    assert not any(f"{MQ_A} trades" in one for one in found)


def test_a_brake_that_is_off_between_pause_and_verify_is_found(estate: Estate, ledger: Ledger) -> None:
    _brakes(estate, "1")
    stopped_at = datetime.now(UTC)
    estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "0")
    _done(ledger, "validate", accepted=_given(estate))
    assert trading.unverified(estate, ledger, None) == [], "it is the old pair that trades"

    _done(ledger, "verify")
    _brakes(estate, "0")

    assert trading.unverified(estate, ledger, stopped_at) == [
        f"{MQ_A} trades with release v3 after the stop, before its pair was verified"
    ]


def test_a_link_that_is_shown_while_something_trades_is_found(estate: Estate) -> None:
    estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "1")
    assert invariants.while_link_is_shown(estate) == [f"the dashboard link is shown, and trading is on in {API_PROD}"]
    estate.heroku.set_by_hand(API_PROD, KILL_SWITCH, "1")
    assert invariants.while_link_is_shown(estate) == []


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
    assert invariants.sentence("heroku", "Heroku: read app failed.") != []
    assert invariants.sentence("heroku", "Heroku failed. That is a pity.") != []
    assert (
        invariants.sentence("heroku", "An error that rekey does not know of stopped a step (KeyError). Heroku.") != []
    )


def test_each_problem_of_a_list_needs_its_own_remedy() -> None:
    good = f"{READ_APP} {REMEDY}"
    assert invariants.sentence("heroku", PREFLIGHT.format(good, good)) == []
    assert invariants.sentence("heroku", PREFLIGHT.format(good, READ_APP)) == [f"it says no remedy: {READ_APP}"]
    assert invariants.sentence("heroku", PREFLIGHT.format(READ_APP, good)) == [f"it says no remedy: {READ_APP}"]
    assert invariants.sentence("heroku", PROPAGATE.format(good)) == []
    assert invariants.sentence("heroku", PROPAGATE.format(READ_APP)) == [f"it says no remedy: {READ_APP}"]


def test_the_list_itself_names_no_vendor() -> None:
    unnamed = PROPAGATE.format("Read app failed. Look at the log.")

    assert invariants.sentence("infisical", unnamed) == [f"it does not name infisical: {unnamed}"]
    assert invariants.sentence("heroku", unnamed) == [f"it does not name heroku: {unnamed}"]


def test_why_the_form_came_back_is_read_from_its_text() -> None:
    told = "Alpaca refuses this pair. Copy both values again."
    assert invariants.problem_in(RETURNED.format(told)) == told
    assert invariants.sentence("alpaca-live", told) == []
    assert invariants.problem_in("### Rotate alpaca-live\n\nAlpaca.") == ""
    assert invariants.sentence("alpaca-live", "") != [], "a form that comes back without a word"


@pytest.mark.parametrize(
    ("step", "vendor", "method", "path", "fault", "may"),
    [
        ("verify", "raptor-prod", "DELETE", "/api/trading/orders/.+", "500", True),
        ("verify", "raptor-prod", "POST", "/api/trading/orders", "500", False),
        ("store", "infisical", "PATCH", "/api/v3/secrets/batch/raw", "drop after", True),
        ("store", "infisical", "PATCH", "/api/v3/secrets/batch/raw", "drop before", False),
        ("store", "infisical", "GET", "/api/v3/secrets/raw", "drop after", False),
        ("store", "infisical", "POST", "/api/v1/auth/universal-auth/login", "drop after", False),
        ("propagate", "heroku", "PATCH", "/apps/[^/]+/config-vars", "drop after", True),
        ("preflight", "heroku", "PATCH", "/apps/[^/]+/config-vars", "drop after", False),
        ("preflight", "alpaca-paper", "GET", "/v2/orders", "500", True),
        ("preflight", "alpaca-live", "GET", "/v2/orders", "401", False),
        ("preflight", "alpaca-paper", "GET", "/v2/account", "500", False),
    ],
)
def test_only_what_has_a_reason_may_last_without_a_word(
    step: str, vendor: str, method: str, path: str, fault: str, *, may: bool
) -> None:
    assert alone.may_go_on(Cell(call(step, vendor, method, path), fault, LASTING)) is may
