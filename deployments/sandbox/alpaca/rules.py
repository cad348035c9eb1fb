"""Why the simulated Alpaca refuses an order of an account that may sign in (public captures, read 2026-11-21).

These are business answers, also with status 403: they show that the pair was accepted.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from deployments.sandbox.alpaca.orders import (
    BAD_PARAMETER,
    FORBIDDEN,
    INVALID_STATE,
    AlpacaProblem,
    SandboxOrder,
    is_asset,
    plain,
)
from deployments.sandbox.alpaca.state import AlpacaKnobs, Market, SandboxPosition


class Account(Protocol):
    """What of an account these rules look at."""

    status: str
    flags: dict[str, bool]
    knobs: AlpacaKnobs
    market: Market
    orders: list[SandboxOrder]
    positions: dict[str, SandboxPosition]

    @property
    def buying_power(self) -> Decimal:
        """US dollars that are free to buy with."""


def refuse_order(account: Account, order: SandboxOrder) -> None:
    """Raise AlpacaProblem when this account may not place this order."""
    if any(known.client_order_id == order.client_order_id for known in account.orders):
        raise AlpacaProblem(422, BAD_PARAMETER, "client_order_id must be unique")
    if account.flags["trade_suspended_by_user"]:
        raise AlpacaProblem(403, FORBIDDEN, "new orders are rejected by user request")
    if account.status != "ACTIVE" or account.flags["trading_blocked"] or account.flags["account_blocked"]:
        raise AlpacaProblem(403, FORBIDDEN, "account is not authorized to trade")
    _refuse_asset(order)
    _refuse_price(account, order)
    _refuse_wash_trade(account, order)
    _refuse_size(account, order)


def _refuse_asset(order: SandboxOrder) -> None:
    """What is traded, and as a fraction. The first message is inferred from its sibling: asset "X" is not tradable."""
    if not is_asset(order.symbol):
        raise AlpacaProblem(422, INVALID_STATE, f'asset "{order.symbol}" not found')
    is_fraction = order.notional is not None or (order.qty is not None and order.qty != order.qty.to_integral_value())
    if is_fraction and order.order_class not in {"", "simple"}:
        raise AlpacaProblem(422, INVALID_STATE, "fractional orders must be simple orders")
    if is_fraction and order.time_in_force != "day":
        raise AlpacaProblem(422, INVALID_STATE, "fractional orders must be DAY orders")


def _refuse_price(account: Account, order: SandboxOrder) -> None:
    price = account.market.price(order.symbol)
    far = order.limit_price is not None and not price / 2 <= order.limit_price <= price * Decimal("1.5")
    if account.knobs.order_price_check and far:
        raise AlpacaProblem(422, INVALID_STATE, "limit price is too far away from the market price")


def _refuse_wash_trade(account: Account, order: SandboxOrder) -> None:
    for known in account.orders:
        opposite = known.symbol == order.symbol and known.side != order.side
        if known.is_open and opposite and known.type in {"market", "stop"}:
            message = "potential wash trade detected. use complex orders"
            raise AlpacaProblem(403, FORBIDDEN, message, existing_order_id=known.id)


def _refuse_size(account: Account, order: SandboxOrder) -> None:
    price = order.limit_price or account.market.price(order.symbol)
    cost = order.notional or (order.qty or Decimal(0)) * price
    held = account.positions.get(order.symbol)
    if order.side == "buy" and cost > account.buying_power:
        facts = {"buying_power": plain(account.buying_power), "cost_basis": plain(cost)}
        raise AlpacaProblem(403, FORBIDDEN, "insufficient buying power", **facts)
    if order.side == "sell" and held is not None and held.qty > 0:
        _refuse_oversell(account, order, held)


def _refuse_oversell(account: Account, order: SandboxOrder, held: SandboxPosition) -> None:
    related = [o for o in account.orders if o.is_open and o.symbol == order.symbol and o.side == "sell"]
    reserved = sum((o.qty or Decimal(0) for o in related), Decimal(0))
    wanted, available = order.qty or Decimal(0), held.qty - reserved
    if wanted > available:
        message = f"insufficient qty available for order (requested: {plain(wanted)}, available: {plain(available)})"
        facts = {
            "available": plain(available),
            "existing_qty": plain(held.qty),
            "held_for_orders": plain(reserved),
            "related_orders": [o.id for o in related],
            "symbol": order.symbol,
        }
        raise AlpacaProblem(403, FORBIDDEN, message, **facts)
