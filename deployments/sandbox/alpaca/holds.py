"""What open orders hold back in a simulated account: shares of a position, and buying power.

Alpaca's page on orders (read 2026-11-29): open orders to buy count against the buying power until they are filled or
cancelled, and those that cover a short position do not. It says the same of short sales; the sandbox leaves them out.
An order that is held (an exit before its turn) holds nothing back: its group has another one that does, or no position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from deployments.sandbox.alpaca.orders import SandboxOrder
from deployments.sandbox.alpaca.state import Market, SandboxPosition

# The equity below which nothing is sold short.
SHORT_FROM = Decimal(2000)


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
    """What buying the rest of it takes: its dollars, or its shares at the limit, else at the price of now."""
    if order.notional is not None:
        return order.notional
    return _left(order, market) * (order.limit_price or market.price(order.symbol))


def spoken_for(orders: Iterable[SandboxOrder], held: dict[str, SandboxPosition], market: Market) -> Decimal:
    """The buying power that open orders to buy take."""
    buys = [one for one in orders if one.side == "buy" and _counts(one) and not covers(one, held)]
    return sum((cost(order, market) for order in buys), Decimal(0))


def covers(order: SandboxOrder, held: dict[str, SandboxPosition]) -> bool:
    """Whether it buys back what was sold short, and nothing beyond."""
    short = held.get(order.symbol)
    return order.side == "buy" and short is not None and short.qty < 0 and (order.qty or 0) <= -short.qty


def intent_of(order: SandboxOrder, held: dict[str, SandboxPosition]) -> str:
    """What an order that does not say so means for the position (a capture of 2025 has it for a plain buy)."""
    position = held.get(order.symbol)
    closes = position is not None and position.qty * (1 if order.side == "sell" else -1) > 0
    return f"{order.side}_to_{'close' if closes else 'open'}"


def may_short(configurations: Mapping[str, Any], equity: Decimal) -> bool:
    """Whether an account may sell what it does not hold."""
    return not configurations["no_shorting"] and equity >= SHORT_FROM


def _counts(order: SandboxOrder) -> bool:
    return order.is_open and order.status != "held"


def _left(order: SandboxOrder, market: Market) -> Decimal:
    qty = order.qty if order.qty is not None else (order.notional or Decimal(0)) / market.price(order.symbol)
    return qty - order.filled_qty
