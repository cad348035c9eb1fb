"""What open orders hold back in a simulated account: shares of a position, and buying power.

Alpaca's page on orders (read 2026-11-29): open orders to buy, and to sell short, count against the buying power until
they are filled or cancelled, and those that close a position do not.
An order that is held (an exit before its turn) holds nothing back: its group has another one that does, or no position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from deployments.sandbox.alpaca.assets import is_crypto
from deployments.sandbox.alpaca.orders import SandboxOrder
from deployments.sandbox.alpaca.state import Market, SandboxPosition

MULTIPLIER = 2
# The equity below which nothing is sold short, nor borrowed (Alpaca's page on margin).
SHORT_FROM = Decimal(2000)
# What is kept of a position's value, from which price on, and of a share that was sold short at least.
_KEPT, _LONG_FROM = Decimal("0.3"), Decimal("2.50")
_SHORT_DOLLARS, _CHEAP_DOLLARS = Decimal(5), Decimal("2.50")
# What a short sale is worth at least, against the price of now (Alpaca's page on orders).
_SHORT_ABOVE = Decimal("1.03")


def closing_orders(held: SandboxPosition, orders: Iterable[SandboxOrder]) -> list[SandboxOrder]:
    """The open orders that take from this position."""
    side = "sell" if held.qty > 0 else "buy"
    return [one for one in orders if one.symbol == held.symbol and one.side == side and _counts(one)]


def shares(orders: Iterable[SandboxOrder], market: Market) -> Decimal:
    """How many shares they still want."""
    return sum((_left(order, market) for order in orders), Decimal(0))


def available(held: SandboxPosition, orders: Iterable[SandboxOrder], market: Market) -> Decimal:
    """What of a position no open order wants, of a short one negative like its quantity."""
    wanted = shares(closing_orders(held, orders), market)
    return max(held.qty - wanted, Decimal(0)) if held.qty > 0 else min(held.qty + wanted, Decimal(0))


def cost(order: SandboxOrder, market: Market) -> Decimal:
    """What the rest of it takes: its dollars, or its shares at the limit, else at the price of now.

    A short sale takes its limit too, but no less than three per cent more than the price (documented).
    """
    if order.notional is not None:
        return order.notional
    price = market.price(order.symbol)
    if order.side == "sell":
        return _left(order, market) * max(order.limit_price or price, price * _SHORT_ABOVE)
    return _left(order, market) * (order.limit_price or price)


def spoken_for(orders: Iterable[SandboxOrder], held: Mapping[str, SandboxPosition], market: Market) -> Decimal:
    """The buying power that open orders take."""
    return sum((cost(one, market) for one in orders if _counts(one) and opens(one, held)), Decimal(0))


def kept_overnight(positions: Iterable[SandboxPosition], market: Market) -> Decimal:
    """The maintenance margin, by the table of Alpaca's page on margin. Crypto is paid in full."""
    return sum((_kept(held, market.price(held.symbol)) for held in list(positions)), Decimal(0))


def _kept(held: SandboxPosition, price: Decimal) -> Decimal:
    if is_crypto(held.symbol):
        return Decimal(0)
    if held.qty > 0:
        return held.qty * price * (_KEPT if price >= _LONG_FROM else 1)
    least, share = (_SHORT_DOLLARS, _KEPT) if price >= _SHORT_DOLLARS else (_CHEAP_DOLLARS, Decimal(1))
    return -held.qty * max(least, price * share)


def opens(order: SandboxOrder, held: Mapping[str, SandboxPosition]) -> bool:
    """Whether it opens a position, or adds to one."""
    if order.side == "buy":
        return not covers(order, held)
    position = held.get(order.symbol)
    return not is_crypto(order.symbol) and (position is None or position.qty < 0)


def covers(order: SandboxOrder, held: Mapping[str, SandboxPosition]) -> bool:
    """Whether it buys back what was sold short, and nothing beyond."""
    short = held.get(order.symbol)
    return order.side == "buy" and short is not None and short.qty < 0 and (order.qty or 0) <= -short.qty


def intent_of(order: SandboxOrder, held: Mapping[str, SandboxPosition]) -> str:
    """What an order that does not say so means for the position (a capture of 2025 has it for a plain buy)."""
    position = held.get(order.symbol)
    closes = position is not None and position.qty * (1 if order.side == "sell" else -1) > 0
    return f"{order.side}_to_{'close' if closes else 'open'}"


def may_short(configurations: Mapping[str, Any], equity: Decimal) -> bool:
    """Whether an account may sell what it does not hold: one that may not borrow may not ("30 common errors")."""
    return not configurations["no_shorting"] and multiplier_of(configurations, equity) > 1


def multiplier_of(configurations: Mapping[str, Any], equity: Decimal) -> int:
    """How often its equity an account may hold. More than twice is not known of the rules since 2026-06."""
    return 1 if equity < SHORT_FROM else min(int(configurations["max_margin_multiplier"]), MULTIPLIER)


def _counts(order: SandboxOrder) -> bool:
    return order.is_open and order.status != "held"


def _left(order: SandboxOrder, market: Market) -> Decimal:
    qty = order.qty if order.qty is not None else (order.notional or Decimal(0)) / market.price(order.symbol)
    return qty - order.filled_qty
