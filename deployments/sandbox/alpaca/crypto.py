"""Why the simulated Alpaca refuses an order for crypto (public captures, read 2026-11-29).

Crypto trades all the time, is paid in full, and is not sold short. What is received is less a fee (Alpaca's page on
crypto; a capture of the paper host, 2026-05): here always that of the first tier, for whoever takes. Its activity is
posted at the end of the day, which is left out.
"""

from __future__ import annotations

from decimal import Decimal

from deployments.sandbox.alpaca.assets import is_crypto
from deployments.sandbox.alpaca.holds import available, cost, shares, spoken_for
from deployments.sandbox.alpaca.orders import (
    BAD_PARAMETER,
    FORBIDDEN,
    INVALID_STATE,
    AlpacaProblem,
    SandboxOrder,
    plain,
)
from deployments.sandbox.alpaca.state import Market, SandboxPosition

_TYPES = {"market", "limit", "stop_limit"}
_TIMES_IN_FORCE = {"gtc", "ioc"}
# What a refusal calls the orders of several.
_ADVANCED = {"bracket": "otoco", "oto": "oto", "oco": "oco"}
# Dollars that an order has to be worth. Of the live host another one is told, which is not played.
LEAST_COST = Decimal(10)
_FEE = Decimal("0.0025")


def received(symbol: str, amount: Decimal) -> Decimal:
    """What is left of coins or of dollars that a trade in this brings."""
    return amount * (1 - _FEE) if is_crypto(symbol) else amount


def refuse_form(order: SandboxOrder) -> None:
    """Raise AlpacaProblem (422) for what crypto is not ordered as."""
    if order.order_class in _ADVANCED:
        message = f"crypto orders not allowed for advanced order_class: {_ADVANCED[order.order_class]}"
        raise AlpacaProblem(422, INVALID_STATE, message)
    if order.type not in _TYPES:
        # Captured with this code in 2022 and in 2026-05, and once with the other one.
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid order type for crypto order")
    if order.time_in_force not in _TIMES_IN_FORCE:
        raise AlpacaProblem(422, INVALID_STATE, "invalid crypto time_in_force")


def refuse_balance(
    order: SandboxOrder,
    others: list[SandboxOrder],
    positions: dict[str, SandboxPosition],
    cash: Decimal,
    market: Market,
) -> None:
    """Raise AlpacaProblem (403) when the dollars, or the coins, for this order are not there."""
    coin, _, money = order.symbol.partition("/")
    if order.side == "buy":
        wanted = cost(order, market)
        if wanted < LEAST_COST:
            raise AlpacaProblem(403, FORBIDDEN, f"cost basis must be >= minimal amount of order {LEAST_COST}")
        free, name = max(cash - spoken_for(others, positions, market), Decimal(0)), money
    else:
        held = positions.get(order.symbol)
        wanted, name = shares([order], market), coin
        free = available(held, others, market) if held else Decimal(0)
    if wanted > free:
        message = f"insufficient balance for {name} (requested: {plain(wanted)}, available: {plain(free)})"
        raise AlpacaProblem(403, FORBIDDEN, message)
