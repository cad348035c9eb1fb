"""What becomes of the orders of a simulated account while time goes by: they enter the market, fill, and end.

From Alpaca's page on placing orders (its text of 2023-01 and a copy of 2026-01, read 2026-11-29): a stop is elected at
its price or beyond it, and only in the regular hours; then one to sell goes to the market, one to buy becomes a limit a
little above its price. A day's orders end with the market, and what an auction did not fill ends with that.

The market closes when the knob ``clock_is_open`` says so. Inferred: what is not documented of a stop that is held
beside the order which takes the profit (its price ends that one), and that the held exits expire with the others. A
stop that was elected is still shown as a stop.
"""

from __future__ import annotations

import time
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from deployments.sandbox.alpaca.crypto import received
from deployments.sandbox.alpaca.orders import FINEST, SandboxOrder
from deployments.sandbox.alpaca.state import Market, SandboxPosition

_IN_THE_MARKET = frozenset({"new", "partially_filled"})
_WAITS = _IN_THE_MARKET | {"accepted", "pending_new"}
_AT_ONCE = frozenset({"ioc", "fok", "opg"})


class Account(Protocol):
    """What of an account changes when its orders do."""

    market: Market
    cash: Decimal
    orders: list[SandboxOrder]
    positions: dict[str, SandboxPosition]

    def tell(self, order: SandboxOrder) -> None:
        """Note for the stream what has just become of an order."""


def settle(account: Account) -> None:
    """Let time do its work on every open order: cancellations that are due, elections, fills, and ends."""
    now = time.monotonic()
    for order in [order for order in account.orders if order.is_open]:
        if not order.is_open:
            # Ended by another one of its group, a moment ago.
            continue
        if order.cancel_due is not None:
            if order.cancel_due <= now:
                close(account, order, "canceled", "canceled_at")
        elif not account.market.works(order):
            _end_the_day(account, order)
        elif order.status in _WAITS:
            _work(account, order)
        elif _is_watched(account, order) and _is_elected(account, order):
            _take_the_loss(account, order)


def _work(account: Account, order: SandboxOrder) -> None:
    if order.status not in _IN_THE_MARKET:
        enter(account, order)
    if order.type == "trailing_stop" and not order.is_elected:
        order.trail(account.market.price(order.symbol))
    order.is_elected = order.is_elected or _is_elected(account, order)
    is_whole = order.time_in_force == "fok" and account.market.fills_part < 1
    if order.time_in_force != "cls" and account.market.fills(order) and not is_whole:
        _fill(account, order)
    if order.is_open and order.time_in_force in _AT_ONCE:
        close(account, order, "canceled", "canceled_at")


def _is_elected(account: Account, order: SandboxOrder) -> bool:
    """Whether the price of now is at the stop's price or beyond it."""
    if order.stop_price is None:
        return False
    price = account.market.price(order.symbol)
    return price <= order.stop_price if order.side == "sell" else price >= order.stop_price


def _is_watched(account: Account, order: SandboxOrder) -> bool:
    """Whether it is the stop of an entry that filled, or of an oco order that is in the market."""
    parent = next((one for one in account.orders if one.id == order.parent_id), None)
    if order.status != "held" or parent is None:
        return False
    return parent.status in _IN_THE_MARKET if parent.order_class == "oco" else parent.status == "filled"


def _take_the_loss(account: Account, stop: SandboxOrder) -> None:
    for other in open_of(account, stop.group):
        if other is not stop:
            close(account, other, "canceled", "canceled_at")
    _work(account, stop)


def _end_the_day(account: Account, order: SandboxOrder) -> None:
    """An order that was in the market when that closed: one for the auction fills or ends, one for the day expires."""
    if order.status not in _IN_THE_MARKET:
        return
    if order.time_in_force == "cls" and account.market.satisfies(order):
        _fill(account, order)
    if order.time_in_force == "cls" and order.is_open:
        close(account, order, "canceled", "canceled_at")
    elif order.time_in_force == "day" and not order.extended_hours:
        for each in open_of(account, order.group):
            close(account, each, "expired", "expired_at")


def open_of(account: Account, group: str) -> list[SandboxOrder]:
    """What is open of a bracket, oco or oto order; of any other, itself."""
    return [order for order in account.orders if order.group == group and order.is_open]


def enter(account: Account, order: SandboxOrder) -> None:
    """Let it into the market."""
    is_new = order.status == "new"
    order.status = "new"
    if not is_new:
        account.tell(order)


def close(account: Account, order: SandboxOrder, status: str, stamp: str) -> None:
    """Give it a final status, and tell."""
    order.close(status, stamp)
    account.tell(order)


def _fill(account: Account, order: SandboxOrder) -> None:
    price = account.market.price(order.symbol)
    qty = _due(order, price, account.market.fills_part)
    got = received(order.symbol, qty).quantize(FINEST, ROUND_DOWN)
    if got <= 0:
        return
    is_purchase = order.side == "buy"
    account.cash += -qty * price if is_purchase else received(order.symbol, qty * price)
    held = account.positions.get(order.symbol) or SandboxPosition(order.symbol, Decimal(0), price)
    held.add(got if is_purchase else -qty, price)
    account.positions[order.symbol] = held
    if not held.qty:
        del account.positions[order.symbol]
    order.execute(qty, price)
    if account.market.fills_part < 1:
        order.status = "partially_filled"
        account.tell(order)
        _leave_less(account, order)
        return
    close(account, order, "filled", "filled_at")
    _go_on_after(account, order)


def _due(order: SandboxOrder, price: Decimal, part: Decimal) -> Decimal:
    """How much of it is to be filled now."""
    part = min(part, Decimal(1))
    if order.qty is None:
        spent = order.filled_qty * (order.filled_avg_price or 0)
        return (((order.notional or Decimal(0)) * part - spent) / price).quantize(FINEST, ROUND_DOWN)
    is_whole = order.qty == order.qty.to_integral_value()
    return (order.qty * part).quantize(Decimal(1) if is_whole else FINEST, ROUND_DOWN) - order.filled_qty


def _leave_less(account: Account, profit: SandboxOrder) -> None:
    """A stop beside a profit that was taken in part is for what is left (documented)."""
    for other in open_of(account, profit.group):
        if other is not profit and profit.qty is not None and (profit.parent_id or profit.order_class == "oco"):
            other.qty = profit.qty - profit.filled_qty


def _go_on_after(account: Account, filled: SandboxOrder) -> None:
    """An entry lets its exits in, an exit ends the other.

    Of two exits the one that takes the profit goes to the market, and the stop stays held (two public captures).
    """
    left = [order for order in open_of(account, filled.group) if order.cancel_due is None]
    if filled.order_class == "oco" or filled.parent_id is not None:
        for other in left:
            close(account, other, "canceled", "canceled_at")
        return
    for leg in left:
        if leg.type == "limit" or len(left) == 1:
            enter(account, leg)
