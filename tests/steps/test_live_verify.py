"""What verifies a live pair, with real money behind it: late keys, a host that accepts anything, the check order."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from deployments.sandbox.estate import LIVE as NAMES
from deployments.sandbox.estate import LIVE_RUNTIMES, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.faults.workplace import hurry
from tests.operator import Operator
from tests.steps.live import MQ_A, PROD, Rotated, first, kill_switches, meanwhile, retry

STOPPED = {PROD: "1", MQ_A: "1"}
LEFT_CHECK_ORDER = {
    "symbol": "AAPL",
    "qty": "1",
    "side": "buy",
    "type": "limit",
    "time_in_force": "day",
    "limit_price": "1.00",
    "client_order_id": "rekey-r-killed-0123456789ab",
}


@pytest.fixture(autouse=True)
def _hurried(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)


def let_old_pair_live(estate: Estate, seconds: float) -> None:
    """The newest pair but one is accepted for so long from now on."""
    estate.live.keys[-2].dead_from = time.monotonic() + seconds


def kill_switch_blocks(estate: Estate, blocks: bool) -> None:
    """Which of both behaviours the applications have."""
    for raptor in estate.raptors.values():
        raptor.knobs.kill_switch_blocks_orders = blocks


def requests(estate: Estate, method: str, path: str) -> list[str]:
    """The vendors that got such a request, in order."""
    return [one.vendor for one in estate.server.journal.entries if (one.method, one.path) == (method, path)]


def test_what_is_late_or_was_left_is_waited_for_with_trading_stopped_and_nothing_is_ever_bought(
    operator: Operator,
) -> None:
    """The market is open, the new pair is active late, the old one dies late, and a killed run left a check order.

    The applications refuse orders while their brake is on.
    """
    estate = operator.estate
    estate.alpaca.knobs.death_lag_s, estate.alpaca.knobs.activation_lag_s = 3600.0, 1.0
    estate.alpaca.knobs.clock_is_open = True
    event = meanwhile(operator, "verify", "alpaca-live", lambda: let_old_pair_live(estate, 1.0))
    left, cash = estate.live.place(LEFT_CHECK_ORDER), estate.live.cash

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live)

    rotated.assert_well()
    assert event.struck
    assert rotated.held == []
    assert len(rotated.outcome.descriptions) == 2
    assert "is dead: refused 10 times in a row, while the new one is accepted" in rotated.proofs("retire")
    assert "The market is OPEN" in rotated.outcome.descriptions[0]
    assert "1 check orders of an earlier rotation were open; they are cancelled and gone." in rotated.proofs("snapshot")
    proofs = rotated.proofs("verify")
    assert "raptor-prod refuses the check order because trading is disabled: the brake holds." in proofs
    assert "Check order sent straight to Alpaca: seen at Alpaca, then canceled." in proofs
    assert [one.status for one in estate.live.orders] == ["canceled", "canceled"]
    (sent,) = (one for one in estate.live.orders if one is not left)
    assert (sent.type, sent.limit_price, sent.filled_qty) == ("limit", Decimal("1.00"), Decimal(0))
    assert (estate.live.positions, estate.live.cash) == ({}, cash)


@pytest.mark.long
def test_an_old_pair_that_does_not_die_holds_the_rotation(operator: Operator) -> None:
    """Before that, Alpaca's refusal of the price shows that it takes the new pair."""
    estate = operator.estate
    estate.alpaca.knobs.death_lag_s = 3600.0
    estate.alpaca.knobs.order_price_check = True
    seen = []

    def deleted(one: Operator) -> None:
        seen.append(kill_switches(one.estate))
        let_old_pair_live(one.estate, 0.0)

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live, first(deleted, retry))

    rotated.assert_well()
    assert "Alpaca refused the order itself (42210000)." in rotated.proofs("verify")
    assert estate.live.orders == []
    assert "still opens the account" in rotated.held[0]
    assert "delete the old key there" in rotated.held[0]
    assert seen == [STOPPED]


def test_a_host_that_accepts_anything_lets_no_rotation_begin(operator: Operator) -> None:
    operator.estate.alpaca.knobs.accepts_garbage = True

    rotated = Rotated(operator)

    assert rotated.outcome.state.is_failed()
    told = str(rotated.outcome.state.result(raise_on_failure=False))
    assert "Alpaca's live host accepts a pair that nobody was issued, so its answers prove nothing." in told
    assert {len(operator.estate.heroku.apps[app].releases) for app in LIVE_RUNTIMES.values()} == {1}


def test_a_host_that_accepts_anything_after_the_click_holds_the_rotation_and_no_mistyped_pair_reaches_store(
    operator: Operator,
) -> None:
    """First a mistyped pair while only the live host accepts anything, then a right one while nobody can know it."""
    estate, knobs = operator.estate, operator.estate.alpaca.knobs
    current, seen = estate.vault_values()[NAMES[1]], []

    def mistyped(one: Operator) -> Pair:
        knobs.accepts_garbage = "live"
        return Pair(one.regenerate_live().key_id, SecretStr("x" * 44))

    def healed(one: Operator) -> None:
        seen.append((estate.vault_values()[NAMES[1]] == current, kill_switches(one.estate)))
        knobs.accepts_garbage = False

    rotated = Rotated(
        operator,
        Operator.be_ready,
        mistyped,
        first(healed, lambda one: one.choose("enter another pair")),
        first(lambda _: setattr(knobs, "accepts_garbage", True), Operator.regenerate_live),
        first(healed, retry),
    )

    rotated.assert_well()
    assert "Alpaca's live host accepts the new pair, but it also accepts a pair that nobody" in rotated.held[0]
    assert "Alpaca gives no clear answer about the new pair (own host yes, other host yes)." in rotated.held[1]
    assert seen == [(True, STOPPED)] * 2


@pytest.mark.long
def test_a_host_that_accepts_anything_proves_no_death(operator: Operator) -> None:
    knobs = operator.estate.alpaca.knobs
    # Tests ask twenty times as often as rekey does elsewhere.
    knobs.rate_limit_per_minute = 10_000
    event = meanwhile(operator, "verify", "infisical", lambda: setattr(knobs, "accepts_garbage", True))

    rotated = Rotated(
        operator,
        Operator.be_ready,
        Operator.regenerate_live,
        first(lambda _: setattr(knobs, "accepts_garbage", False), retry),
    )

    rotated.assert_well()
    assert "is unknown (old yes, new yes, never-valid yes)" in rotated.held[0]
    assert event.struck == 1


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, pytest.param(FaultKind.ANSWER_AFTER, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("blocks", "vendor", "path"),
    [
        pytest.param(False, "raptor-prod", "/api/trading/orders", id="through the application"),
        pytest.param(True, "alpaca-live", "/v2/orders", id="straight to Alpaca", marks=pytest.mark.long),
    ],
)
def test_a_check_order_whose_answer_was_lost_is_found_and_not_placed_again(
    operator: Operator, kind: FaultKind, blocks: bool, vendor: str, path: str
) -> None:
    kill_switch_blocks(operator.estate, blocks)
    operator.estate.server.plan.add(Fault(vendor, kind, "POST", path))

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live)

    rotated.assert_well()
    assert rotated.held == []
    assert [one.status for one in operator.estate.live.orders] == ["canceled"]
    assert requests(operator.estate, "POST", path).count(vendor) == 1
    # An application that places orders while trading is stopped places the check order; one that refuses it does not.
    assert ("Check order through raptor-prod: seen at Alpaca, then canceled." in rotated.proofs("verify")) is not blocks


@pytest.mark.long
def test_alpacas_refusal_of_the_price_shows_that_it_takes_the_pair_by_way_of_the_application_too(
    operator: Operator,
) -> None:
    kill_switch_blocks(operator.estate, blocks=False)
    operator.estate.alpaca.knobs.order_price_check = True

    rotated = Rotated(operator, Operator.be_ready, Operator.regenerate_live)

    rotated.assert_well()
    assert "Alpaca refused the order itself (42210000)." in rotated.proofs("verify")
    assert operator.estate.live.orders == []
