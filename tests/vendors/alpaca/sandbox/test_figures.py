"""The account's figures: margin, what may be bought, and what was gained since yesterday."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.served import limit_order

# Price, shares, and what has to be kept overnight: the table of Alpaca's page on margin.
KEPT = [
    ("2.49", "10", "24.9"),
    ("2.50", "10", "7.5"),
    ("200", "5", "300"),
    ("2", "-10", "25"),
    ("4", "-10", "40"),
    ("10", "-10", "50"),
    ("200", "-5", "300"),
]


@pytest.mark.parametrize(("price", "qty", "kept"), KEPT)
def test_what_is_kept_overnight_goes_by_the_price(
    theirs: Any, account: SandboxAccount, prices: dict[str, Decimal], price: str, qty: str, kept: str
) -> None:
    prices["AAPL"] = Decimal(price)
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(qty), Decimal(price))
    seen = theirs.get_account()
    assert seen.maintenance_margin == kept
    assert Decimal(seen.initial_margin) == abs(Decimal(qty)) * Decimal(price) / 2
    assert seen.last_maintenance_margin == "0", "yesterday there was nothing"


def test_what_may_be_bought_without_borrowing_is_less(theirs: Any, account: SandboxAccount) -> None:
    account.positions["MSFT"] = SandboxPosition("MSFT", Decimal(1), Decimal(400))
    account.cash = Decimal(5000)
    power = 2 * (5000 + account.market.price("MSFT")) - account.market.price("MSFT")
    seen = theirs.get_account()
    assert (Decimal(seen.buying_power), Decimal(seen.options_buying_power)) == (power, power / 2)
    assert seen.non_marginable_buying_power == "5000"
    theirs.post("/orders", limit_order(qty="10", limit_price="100"))
    assert theirs.get_account().non_marginable_buying_power == "4000"


def test_gains_are_reckoned_from_what_the_account_began_with(
    theirs: Any, account: SandboxAccount, prices: dict[str, Decimal]
) -> None:
    prices["AAPL"] = Decimal(200)
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(200))
    account.cash -= 1000
    prices["AAPL"] = Decimal(210)
    seen = theirs.get_account()
    assert (seen.equity, seen.last_equity) == ("100050", "100000")
    history = theirs.get_portfolio_history()
    assert (history.base_value, history.equity) == (100000, [100050])
    assert (history.profit_loss, history.profit_loss_pct) == ([50], [0.0005])


def test_options_are_traded_by_the_level_that_is_set(theirs: Any) -> None:
    assert theirs.get_account().options_approved_level == 3
    for level in (0, 3):
        theirs.patch("/account/configurations", {"max_options_trading_level": level})
        assert theirs.get_account().options_trading_level == level
