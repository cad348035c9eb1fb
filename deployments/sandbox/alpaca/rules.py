"""Why the simulated Alpaca refuses an order of an account that may sign in (public captures, read 2026-11-21).

These are business answers, also with status 403: they show that the pair was accepted.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

from deployments.sandbox.alpaca.assets import is_asset, is_crypto
from deployments.sandbox.alpaca.contracts import refuse_contract
from deployments.sandbox.alpaca.crypto import refuse_balance, refuse_form
from deployments.sandbox.alpaca.exits import refuse_purpose
from deployments.sandbox.alpaca.holds import (
    available,
    closing_orders,
    cost,
    intent_of,
    may_short,
    opens,
    shares,
    spoken_for,
)
from deployments.sandbox.alpaca.orders import (
    BAD_PARAMETER,
    FORBIDDEN,
    INVALID_STATE,
    AlpacaProblem,
    SandboxOrder,
    plain,
)
from deployments.sandbox.alpaca.state import AlpacaKnobs, Market, SandboxPosition
from deployments.sandbox.alpaca.wash_trades import refuse_wash_trade

# Dollars that a fraction of a share has to be worth.
_LEAST_COST = 1


class Account(Protocol):
    """What of an account these rules look at."""

    status: str
    flags: dict[str, bool]
    configurations: dict[str, Any]
    knobs: AlpacaKnobs
    market: Market
    cash: Decimal
    orders: list[SandboxOrder]
    positions: dict[str, SandboxPosition]

    @property
    def buying_power(self) -> Decimal:
        """US dollars that are free to buy with."""

    @property
    def equity(self) -> Decimal:
        """US dollars that it is worth."""


def refuse_order(account: Account, order: SandboxOrder, *, instead_of: SandboxOrder | None = None) -> None:
    """Raise AlpacaProblem when this account may not place this order.

    The one that it replaces is not in its way, nor are the others of that one's group.
    """
    if any(known.client_order_id == order.client_order_id for known in account.orders):
        raise AlpacaProblem(422, BAD_PARAMETER, "client_order_id must be unique")
    if account.flags["trade_suspended_by_user"]:
        raise AlpacaProblem(403, FORBIDDEN, "new orders are rejected by user request")
    if account.status != "ACTIVE" or account.flags["trading_blocked"] or account.flags["account_blocked"]:
        raise AlpacaProblem(403, FORBIDDEN, "account is not authorized to trade")
    _refuse_asset(order)
    refuse_purpose(order, account.positions)
    _refuse_intent(account, order)
    _refuse_fraction(account, order)
    _refuse_price(account, order)
    _refuse_stop(account, order)
    _refuse_auction(account, order)
    group = instead_of.group if instead_of else None
    others = [known for known in account.orders if known.is_open and known.group != group]
    _refuse_both_ways(account, others, order)
    refuse_wash_trade(others, order)
    if is_crypto(order.symbol):
        refuse_balance(order, others, account.positions, account.cash, account.market)
        return
    _refuse_short(account, order)
    _refuse_dollars_out_of_hours(account, others, order)
    _refuse_cost(account, order, instead_of)
    _refuse_oversell(account, others, order)


def _refuse_asset(order: SandboxOrder) -> None:
    """What is traded, and as a fraction (public captures, read 2026-11-29)."""
    refuse_contract(order.symbol)
    if not is_asset(order.symbol):
        raise AlpacaProblem(422, INVALID_STATE, f'asset "{order.symbol}" not found')
    if is_crypto(order.symbol):
        refuse_form(order)
    elif _is_fraction(order) and order.order_class not in {"", "simple"}:
        raise AlpacaProblem(422, INVALID_STATE, "fractional orders must be simple orders")
    elif _is_fraction(order) and order.time_in_force != "day":
        raise AlpacaProblem(422, INVALID_STATE, "fractional orders must be DAY orders")


def _refuse_intent(account: Account, order: SandboxOrder) -> None:
    """Who says what an order is for has to be right (captures, of shares too: 2026)."""
    inferred = intent_of(order, account.positions)
    if order.position_intent is not None and order.position_intent != inferred and order.parent_id is None:
        message = f"position intent mismatch, inferred: {inferred}, specified: {order.position_intent}"
        raise AlpacaProblem(422, INVALID_STATE, message)


def _refuse_fraction(account: Account, order: SandboxOrder) -> None:
    """Fractions may be switched off, and cost a dollar at least (captures of 2026-08; a public list of messages)."""
    if is_crypto(order.symbol) or not _is_fraction(order):
        return
    if not account.configurations["fractional_trading"]:
        raise AlpacaProblem(403, FORBIDDEN, "fractional trading is disabled for this account")
    if order.side == "buy" and cost(order, account.market) < _LEAST_COST:
        raise AlpacaProblem(403, FORBIDDEN, f"cost basis must be >= minimal amount of order {_LEAST_COST}")


def _is_fraction(order: SandboxOrder) -> bool:
    return order.notional is not None or (order.qty is not None and order.qty != order.qty.to_integral_value())


def _refuse_price(account: Account, order: SandboxOrder) -> None:
    price = account.market.price(order.symbol)
    far = order.limit_price is not None and not price / 2 <= order.limit_price <= price * Decimal("1.5")
    if account.knobs.order_price_check and far:
        raise AlpacaProblem(422, INVALID_STATE, "limit price is too far away from the market price")


def _refuse_stop(account: Account, order: SandboxOrder) -> None:
    """A stop that the market is at or beyond already (captures of 2026-09, also while the market was closed)."""
    price = account.market.price(order.symbol)
    if order.type != "stop" or order.stop_price is None or order.status == "held":
        return
    if order.stop_price >= price if order.side == "sell" else order.stop_price <= price:
        word = "less" if order.side == "sell" else "greater"
        facts = {"market_price": plain(price), "stop_price": plain(order.stop_price)}
        raise AlpacaProblem(422, INVALID_STATE, f"stop price must be {word} than current price", **facts)


def _refuse_auction(account: Account, order: SandboxOrder) -> None:
    """The opening auction takes orders from the evening until it begins (captures of 2024-10 and 2026).

    The hours are those of the knob: while the market is open none is taken, and while it is closed each one is.
    """
    if order.time_in_force == "opg" and account.market.is_open:
        raise AlpacaProblem(403, FORBIDDEN, "opg orders must be submitted after 7:00pm and before 9:28am")


def _refuse_both_ways(account: Account, others: list[SandboxOrder], order: SandboxOrder) -> None:
    """Nobody opens a long and a short position at once, at whatever prices (many captures, 2026)."""
    if is_crypto(order.symbol) or not opens(order, account.positions):
        return
    for known in others:
        is_opposite = known.symbol == order.symbol and known.side != order.side and known.status != "held"
        if is_opposite and opens(known, account.positions):
            this, that = ("short sell", "long buy") if order.side == "sell" else ("long buy", "short sell")
            raise AlpacaProblem(403, FORBIDDEN, f"cannot open a {this} while a {that} order is open")


def _refuse_short(account: Account, order: SandboxOrder) -> None:
    """Who sells what is not held sells short: whole shares, and with 2000 dollars (alpaca-trade-api-js#57)."""
    held = account.positions.get(order.symbol)
    if order.side != "sell" or (held is not None and held.qty > 0):
        return
    if _is_fraction(order):
        raise AlpacaProblem(422, INVALID_STATE, "fractional orders cannot be sold short")
    if not may_short(account.configurations, account.equity):
        raise AlpacaProblem(403, FORBIDDEN, "account is not allowed to short")


def _refuse_dollars_out_of_hours(account: Account, others: list[SandboxOrder], order: SandboxOrder) -> None:
    """Out of hours dollars and shares are not sold in turn (Alpaca's page on orders; the code is inferred)."""
    if order.side != "sell" or account.market.is_open:
        return
    for known in others:
        if known.symbol == order.symbol and known.side == "sell" and (known.notional or order.notional):
            message = "unable to open new notional orders while having open closing position orders"
            raise AlpacaProblem(403, FORBIDDEN, message)


def _refuse_cost(account: Account, order: SandboxOrder, instead_of: SandboxOrder | None) -> None:
    """Only what opens a position, or adds to it, is weighed against the buying power (documented)."""
    if not opens(order, account.positions):
        return
    freed = spoken_for([instead_of] if instead_of else [], account.positions, account.market)
    wanted, power = cost(order, account.market), account.buying_power + freed
    if wanted > power:
        facts = {"buying_power": plain(power), "cost_basis": plain(wanted)}
        raise AlpacaProblem(403, FORBIDDEN, "insufficient buying power", **facts)


def _refuse_oversell(account: Account, others: list[SandboxOrder], order: SandboxOrder) -> None:
    """No order sells more than is held, nor buys back more than was sold short (alpaca-trade-api-python#129)."""
    held = account.positions.get(order.symbol)
    if held is None or (order.side == "sell") != (held.qty > 0):
        return
    wanted, free = shares([order], account.market), abs(available(held, others, account.market))
    if wanted > free:
        related = closing_orders(held, others)
        message = f"insufficient qty available for order (requested: {plain(wanted)}, available: {plain(free)})"
        facts = {
            "available": plain(free),
            "existing_qty": plain(held.qty),
            "held_for_orders": plain(shares(related, account.market)),
            "related_orders": [o.id for o in related],
            "symbol": order.symbol,
        }
        raise AlpacaProblem(403, FORBIDDEN, message, **facts)
