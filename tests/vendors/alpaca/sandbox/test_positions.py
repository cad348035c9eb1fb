"""What positions cost, and what open orders hold back: shares and buying power."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.requests import ReplaceOrderRequest

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from tests.vendors.alpaca.served import ServedAlpaca, limit_order


def test_a_position_costs_the_average_of_what_it_grew_by(
    alpaca: ServedAlpaca, theirs: Any, prices: dict[str, Decimal]
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True

    def traded(side: str, qty: str, price: str) -> tuple[str, str]:
        prices["AAPL"] = Decimal(price)
        theirs.post("/orders", {"symbol": "AAPL", "side": side, "qty": qty, "type": "market", "time_in_force": "day"})
        held = theirs.get_open_position("AAPL")
        return held.qty, held.avg_entry_price

    assert traded("buy", "100", "10") == ("100", "10")
    assert traded("buy", "50", "13") == ("150", "11")
    assert traded("sell", "30", "20") == ("120", "11"), "what shrinks keeps its price"
    theirs.close_position("AAPL")
    assert traded("sell", "2", "9") == ("-2", "9")
    assert traded("sell", "2", "12") == ("-4", "10.5")
    assert traded("buy", "1", "8") == ("-3", "10.5")


def test_open_orders_hold_shares_back(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(100))
    account.positions["MSFT"] = SandboxPosition("MSFT", Decimal(-3), Decimal(100))
    account.place(limit_order(side="sell", limit_price="900"))
    account.place(limit_order(symbol="MSFT", qty="2"))
    account.cancel(account.place(limit_order(side="sell", limit_price="900")))
    held = {one.symbol: (one.qty, one.qty_available) for one in theirs.get_all_positions()}
    assert held == {"AAPL": ("5", "4"), "MSFT": ("-3", "-1")}


def test_the_two_exits_of_a_position_hold_its_shares_once(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(100))
    exits = {"take_profit": {"limit_price": "900"}, "stop_loss": {"stop_price": "100"}}
    account.place(limit_order(side="sell", qty="2", limit_price=None, order_class="oco", **exits))
    assert theirs.get_open_position("AAPL").qty_available == "3"
    account.place(limit_order(side="sell", qty="3", limit_price="900"))
    with pytest.raises(APIError, match="requested: 1, available: 0"):
        theirs.post("/orders", limit_order(side="sell", limit_price="900"))


def test_an_open_order_to_buy_takes_buying_power_until_it_is_cancelled(theirs: Any, account: SandboxAccount) -> None:
    account.cash = Decimal(5000)
    assert theirs.get_account().buying_power == "10000"
    first = theirs.post("/orders", limit_order(qty="30", limit_price="100"))
    assert theirs.get_account().buying_power == "7000"
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", limit_order(qty="80", limit_price="100"))
    assert (caught.value.status_code, caught.value.code) == (403, 40310000)
    theirs.cancel_order_by_id(first["id"])
    assert theirs.post("/orders", limit_order(qty="80", limit_price="100"))["qty"] == "80"
    assert theirs.get_account().buying_power == "2000"
    dollars = {"symbol": "AAPL", "side": "buy", "notional": "1000", "type": "market", "time_in_force": "day"}
    theirs.post("/orders", dollars)
    assert theirs.get_account().buying_power == "1000"


def test_what_is_replaced_is_not_in_the_way_of_what_replaces_it(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount
) -> None:
    alpaca.sandbox.knobs.clock_is_open = True
    account.cash = Decimal(5000)
    bought = theirs.post("/orders", limit_order(qty="60", limit_price="100"))
    assert theirs.replace_order_by_id(bought["id"], ReplaceOrderRequest(qty=90)).qty == "90"
    account.positions["MSFT"] = SandboxPosition("MSFT", Decimal(1), Decimal(400))
    sold = theirs.post("/orders", limit_order(symbol="MSFT", side="sell", limit_price="900"))
    assert theirs.replace_order_by_id(sold["id"], ReplaceOrderRequest(limit_price=901)).limit_price == "901"


def test_buying_back_what_was_sold_short_needs_no_buying_power(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(-3), Decimal(200))
    account.cash = 3 * account.market.price("AAPL")
    assert theirs.get_account().buying_power == "0"
    assert theirs.post("/orders", limit_order(qty="3", limit_price="200"))["qty"] == "3"
    with pytest.raises(APIError, match="insufficient buying power"):
        theirs.post("/orders", limit_order(qty="4", limit_price="200"))


@pytest.mark.parametrize(
    ("held", "query", "sold"),
    [
        ("5", {"percentage": "50"}, "2"),
        ("5.5", {"percentage": "50"}, "2.75"),
        ("1.000000001", {"percentage": "33.333333333"}, "0.333333333"),
        ("5", {"percentage": "100"}, "5"),
        ("5", {"qty": "1.5"}, "1.5"),
    ],
)
def test_a_part_of_whole_shares_is_whole_shares(
    theirs: Any, account: SandboxAccount, held: str, query: dict[str, str], sold: str
) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(held), Decimal(100))
    assert theirs.delete("/positions/AAPL", query)["qty"] == sold


@pytest.mark.parametrize(
    "query",
    [
        {"percentage": "100.1"},
        {"percentage": "0"},
        {"percentage": "10"},
        {"qty": "-1"},
        {"qty": "0.0000000001"},
        {"qty": "x"},
        {"qty": "1e-400"},
        {"qty": "1", "percentage": "1"},
    ],
)
def test_a_part_that_is_none_is_refused(theirs: Any, account: SandboxAccount, query: dict[str, str]) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(100))
    with pytest.raises(APIError) as caught:
        theirs.delete("/positions/AAPL", query)
    assert (caught.value.status_code, caught.value.code, account.orders) == (422, 40010001, [])


def test_whoever_closes_everything_says_yes_or_no(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(100))
    with pytest.raises(APIError) as caught:
        theirs.delete("/positions", {"cancel_orders": "perhaps"})
    assert (caught.value.status_code, caught.value.code, account.orders) == (422, 40010001, [])


def test_what_an_open_order_holds_is_not_closed_with_the_rest(theirs: Any, account: SandboxAccount) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(100))
    account.positions["MSFT"] = SandboxPosition("MSFT", Decimal(1), Decimal(100))
    account.place(limit_order(side="sell", qty="5", limit_price="900"))
    first, second = theirs.close_all_positions(cancel_orders=False)
    assert (first.symbol, first.status, second.symbol, second.status) == ("AAPL", 403, "MSFT", 200)
    assert (first.body.code, first.body.existing_qty, first.body.held_for_orders) == (40310000, 5, 5)


def test_what_is_no_symbol_is_not_found(theirs: Any) -> None:
    for call in (theirs.get_open_position, theirs.close_position):
        for wanted, message in (("MSFT", "position does not exist"), ("ZZZZQX", "symbol not found: ZZZZQX")):
            with pytest.raises(APIError) as caught:
                call(wanted)
            assert (caught.value.status_code, caught.value.code, caught.value.message) == (404, 40410000, message)


@pytest.mark.parametrize(
    ("first", "second", "is_taken"), [("$", "n", False), ("$", "$", False), ("n", "$", False), ("n", "n", True)]
)
def test_dollars_and_shares_are_not_sold_one_after_another_out_of_hours(
    alpaca: ServedAlpaca, theirs: Any, account: SandboxAccount, first: str, second: str, is_taken: bool
) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(5), Decimal(100))
    sold = {"symbol": "AAPL", "side": "sell", "type": "market", "time_in_force": "day"}
    parts = {"$": {"notional": "100"}, "n": {"qty": "1.5"}}
    theirs.post("/orders", {**sold, **parts[first]})
    if is_taken:
        assert theirs.post("/orders", {**sold, **parts[second]})["status"] == "accepted"
        return
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", {**sold, **parts[second]})
    wanted = "unable to open new notional orders while having open closing position orders"
    assert (caught.value.status_code, caught.value.message) == (403, wanted)
    alpaca.sandbox.knobs.clock_is_open = True
    assert theirs.post("/orders", {**sold, **parts[second]})["status"] == "pending_new"
