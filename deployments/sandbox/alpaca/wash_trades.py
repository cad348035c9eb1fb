"""Which orders the simulated Alpaca takes for wash trades, by the table of its page on user protection (2026-11-29).

The texts are from captures of 2026; whose exits are held, and so in nobody's way, is inferred from one of them, which
recommends a limit where a bracket's stop is held.
"""

from __future__ import annotations

from collections.abc import Iterable

from deployments.sandbox.alpaca.orders import FORBIDDEN, AlpacaProblem, SandboxOrder

# What trades at any price, once it trades.
_AT_ANY_PRICE = frozenset({"market", "stop"})


def refuse_wash_trade(others: Iterable[SandboxOrder], order: SandboxOrder) -> None:
    """Raise AlpacaProblem (403) when it could trade with one of these.

    Orders that belong together and trailing stops are excepted (documented).
    """
    if order.order_class in {"bracket", "oto", "oco"} or order.type == "trailing_stop":
        return
    for known in others:
        reason = _reason(known, order) if _is_opposite(known, order) else None
        if reason is not None:
            message = "potential wash trade detected. use complex orders"
            facts = {"existing_order_id": known.id, "reject_reason": reason}
            raise AlpacaProblem(403, FORBIDDEN, message, **facts)


def _is_opposite(known: SandboxOrder, order: SandboxOrder) -> bool:
    is_excepted = known.type == "trailing_stop" or known.status == "held"
    return known.symbol == order.symbol and known.side != order.side and not is_excepted


def _reason(known: SandboxOrder, order: SandboxOrder) -> str | None:
    if known.type in _AT_ANY_PRICE:
        return "opposite side market/stop order exists"
    if order.type in _AT_ANY_PRICE or _cross(known, order):
        return "opposite side limit order exists"
    return None


def _cross(known: SandboxOrder, order: SandboxOrder) -> bool:
    bought, sold = (known, order) if known.side == "buy" else (order, known)
    if bought.limit_price is None or sold.limit_price is None:
        return False
    return bought.limit_price >= sold.limit_price
