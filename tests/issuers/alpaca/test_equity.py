"""The equity rule: the same account shows the same money, unless a person says that the market explains it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from blocks.errors import StepError
from blocks.issuers.alpaca import booked, equity
from blocks.issuers.alpaca.account import snapshot_of, without_money
from blocks.issuers.alpaca.models import Account, Position
from blocks.issuers.terms import Doubt
from blocks.model.rotation import Snapshot, Todo
from tests.issuers.alpaca.figures import Proofs, account, position

HELD = position()


def before(*positions: Position) -> Snapshot:
    """The account with 1000 US dollars in cash and in equity, and these positions."""
    return snapshot_of(account(), positions, [], with_money=True)


def told(then: Snapshot, now: Account, *positions: Position) -> str:
    """Why the pair is not accepted."""
    with pytest.raises(StepError) as refusal:
        equity.compared(then, now, positions, Proofs())
    return refusal.value.problem


def doubt(then: Snapshot, now: Account, *positions: Position) -> Doubt:
    """What a person is asked."""
    found = equity.compared(then, now, positions, Proofs())
    assert found is not None
    return found


@pytest.mark.parametrize("positions", [(), (HELD,)])
def test_the_same_figures_are_proof(positions: tuple[Position, ...]) -> None:
    proofs = Proofs()

    assert equity.compared(before(*positions), account(), positions, proofs) is None
    assert proofs.proofs == ["Equity 1000 and cash 1000 are exactly those of the snapshot."]


def test_figures_are_compared_as_numbers() -> None:
    """Alpaca writes an amount now with and now without zeros behind the point."""
    assert equity.compared(before(), account(equity=Decimal("1000.00")), (), Proofs()) is None


@pytest.mark.parametrize(
    "now", [{"equity": "999.99"}, {"cash": "1000.01"}, {"equity": "1000.01", "cash": "1000.01"}, {"cash": "0"}]
)
def test_without_positions_no_cent_moves_without_a_persons_yes_to_both_figures(now: dict[str, str]) -> None:
    """Interest that is booked overnight never goes back, so to wait for the old figures would be to wait for ever."""
    figures = {"equity": "1000", "cash": "1000", **now}
    proofs = Proofs()

    found = equity.compared(before(), account(**{name: Decimal(one) for name, one in now.items()}), (), proofs)

    assert found is not None
    assert proofs.proofs == []
    assert found.facts == {**figures, "equity_before": "1000", "cash_before": "1000"}
    # A yes is good for these figures alone.
    assert found.binding == ("equity", "cash")
    assert (found.about, found.yes, found.no) == ("equity", booked.YES, booked.NO)
    for name, one in figures.items():
        assert f"| {name} | 1000 | **{one}** | {Decimal(one) - 1000:+} |" in found.text
    assert "No price explains that." in found.text
    assert found.means.todo is Todo.ENTER_AGAIN


def test_what_was_held_and_is_held_no_more_is_no_booking() -> None:
    then = snapshot_of(account(), (HELD,), [], with_money=True)

    assert "cash 3000 instead of 1000; positions none instead of AAPL long 10." in told(
        then, account(cash=Decimal(3000))
    )


def test_with_positions_cash_may_never_move() -> None:
    assert "cash 999 instead of 1000." in told(before(HELD), account(cash=Decimal(999), equity=Decimal(7)), HELD)


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ((position(quantity=11),), "positions AAPL long 11 instead of AAPL long 10"),
        ((), "positions none instead of AAPL long 10"),
        ((HELD, position("MSFT", 1)), "positions AAPL long 10, MSFT long 1 instead of AAPL long 10"),
    ],
)
def test_quantities_may_never_change(now: tuple[Position, ...], shown: str) -> None:
    """Also with the same equity: what is held is not what was held."""
    assert shown in told(before(HELD), account(), *now)


def test_cash_and_quantities_are_told_together() -> None:
    problem = told(before(HELD), account(cash=Decimal(1)), position(quantity=9))

    assert problem.endswith("cash 1 instead of 1000; positions AAPL long 9 instead of AAPL long 10.")


def test_with_positions_a_person_says_whether_the_market_moved_the_equity() -> None:
    found = doubt(before(HELD), account(equity=Decimal("1000.50")), HELD)

    assert (found.about, found.yes, found.no) == ("equity", booked.YES, booked.NO)
    assert "a difference of **+0.50** USD" in found.text
    assert "| AAPL | long | 10 | 2000 |" in found.text
    assert found.facts == {"equity": "1000.50", "equity_before": "1000"}
    assert found.seen == "Equity 1000.50 instead of 1000 with open positions."


def test_a_no_asks_for_the_same_pair_once_more_and_keeps_it() -> None:
    means = doubt(before(HELD), account(equity=Decimal(2)), HELD).means

    assert means.todo is Todo.ENTER_AGAIN
    assert means.worth_keeping
    assert not means.misplaced, "it is the right pair"


@pytest.mark.parametrize(
    ("worth", "explained"),
    [
        ("2000", "Prices explain it: cash and positions are worth 3000 now."),
        ("2002.99", "Prices explain it: cash and positions are worth 3002.99 now."),
        ("2010", "Prices do **not** explain it: cash and positions are worth 3010 now."),
        (None, "Alpaca does not say what the positions are worth, so whether prices explain it is unknown."),
    ],
)
def test_whether_prices_explain_it_is_reckoned_and_what_is_not_known_is_said(worth: str | None, explained: str) -> None:
    assert explained in doubt(before(HELD), account(equity=Decimal(3000)), position(worth=worth)).text


def test_where_no_money_was_kept_nothing_is_compared() -> None:
    """Of a paper account none is kept, and after a mis-rotation what was kept is out of date."""
    moved, proofs = account(equity=Decimal(1), cash=Decimal(2)), Proofs()

    for then in (snapshot_of(account(), [], [], with_money=False), without_money(before(HELD))):
        assert equity.compared(then, moved, [], proofs) is None
    assert proofs.proofs == []


def test_a_snapshot_comes_back_from_the_ledger_as_it_was() -> None:
    taken = snapshot_of(account(), [HELD], [], with_money=True)

    assert Snapshot.from_context(taken.as_context()) == taken
    assert taken.as_context() == {
        "account_id": "an-id",
        "account_number": "123456789",
        "created_at": "2024-05-06T07:08:09+00:00",
        "currency": "USD",
        "open_orders": 0,
        "positions": {"AAPL": "long 10"},
        "equity": "1000",
        "cash": "1000",
    }
