"""What the body of an order may say to the simulated Alpaca, before the account and the market are looked at.

Codes and messages are from public captures (read 2026-11-21 and 2026-11-29). Those of wrong prices and of extended
hours are in Alpaca's own pages "Placing Orders" and "30 common errors". A message that nobody was seen to get, with
which the sandbox says what it does not know, begins with "the sandbox".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.assets import is_crypto
from deployments.sandbox.alpaca.contracts import refuse_legs
from deployments.sandbox.alpaca.orders import (
    BAD_PARAMETER,
    FINEST,
    INVALID_STATE,
    AlpacaProblem,
    SandboxOrder,
    is_fine,
    plain,
)
from deployments.sandbox.alpaca.shapes import refuse_misshapen

_TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
_OPPOSITE = {"buy": "sell", "sell": "buy"}
_CLASSES = ("", "simple", "bracket", "oto", "oco")
_INTENTS = tuple(f"{side}_to_{end}" for side in ("buy", "sell") for end in ("open", "close"))
_TIMES_IN_FORCE = ("day", "gtc", "opg", "cls", "ioc", "fok")
# By the name of an exit: the price that it needs.
_EXITS = {"take_profit": "limit_price", "stop_loss": "stop_price"}


def read_order(fields: Mapping[str, Any]) -> SandboxOrder:
    """The body of POST /v2/orders. Raises AlpacaProblem (400, and 422 with 40010001 and 42210000)."""
    refuse_misshapen(fields)
    refuse_legs(fields)
    order = SandboxOrder(
        symbol=str(fields.get("symbol") or "").upper(),
        side=str(fields.get("side") or ""),
        type=str(fields.get("type") or ""),
        qty=_cut(_number(fields, "qty")),
        notional=_number(fields, "notional"),
        limit_price=_limit_of(fields),
        stop_price=_number(fields, "stop_price"),
        trail_price=_number(fields, "trail_price"),
        trail_percent=_number(fields, "trail_percent"),
        time_in_force=str(fields.get("time_in_force") or ""),
        order_class=str(fields.get("order_class") or ""),
        position_intent=str(fields.get("position_intent") or "") or None,
        extended_hours=fields.get("extended_hours") is True,
        client_order_id=str(fields.get("client_order_id") or made_up.identifier()),
    )
    for wrong, message in (*_objections(order), *_objections_to_prices(order)):
        if wrong:
            raise AlpacaProblem(422, BAD_PARAMETER, message)
    for name in () if is_crypto(order.symbol) else ("limit_price", "stop_price"):
        _refuse_sub_penny(name, getattr(order, name))
    _refuse_extended_hours(order)
    _refuse_time_in_force(order)
    return order


def _limit_of(fields: Mapping[str, Any]) -> Decimal | None:
    """The limit, which an oco order may name as that of taking the profit."""
    profit = fields.get("take_profit")
    if fields.get("order_class") == "oco" and fields.get("limit_price") is None and isinstance(profit, dict):
        return _number(profit, "limit_price")
    return _number(fields, "limit_price")


def _objections(order: SandboxOrder) -> tuple[tuple[bool, str], ...]:
    return (
        (not order.symbol, "symbol is required"),
        (order.side not in {"buy", "sell"}, "invalid side"),
        (order.type not in _TYPES, "invalid order type"),
        (order.time_in_force not in _TIMES_IN_FORCE, "invalid time_in_force"),
        (order.qty is None and order.notional is None, "qty or notional is required"),
        (order.qty is not None and order.notional is not None, "only one of qty or notional is accepted"),
        (order.qty is not None and order.qty <= 0, "qty must be > 0"),
        (order.notional is not None and order.notional < 1, "notional must be >= 1.00"),
        (order.order_class == "oco" and order.type != "limit", "oco orders must be limit orders"),
        (order.order_class not in _CLASSES, f"the sandbox knows {', '.join(_CLASSES[1:])} orders"),
        (
            order.position_intent is not None and order.position_intent not in _INTENTS,
            f"the sandbox knows as position_intent {', '.join(_INTENTS)}",
        ),
        (len(order.client_order_id) > 128, "client_order_id must be no more than 128 characters"),
    )


def _objections_to_prices(order: SandboxOrder) -> tuple[tuple[bool, str], ...]:
    limit, stop = order.limit_price, order.stop_price
    is_priced = limit is not None or stop is not None
    lacks_one = limit is None or stop is None
    trails = [one for one in (order.trail_price, order.trail_percent) if one is not None]
    return (
        (order.type == "market" and bool(trails), "market orders must not have trail_price"),
        (order.type == "market" and is_priced, "market orders require no stop or limit price"),
        (order.type == "limit" and limit is None, "limit orders require a limit price"),
        (order.type == "stop" and stop is None, "stop orders require a stop price"),
        (order.type == "stop_limit" and lacks_one, "stop limit orders require both stop and limit price"),
        (limit is not None and limit <= 0, "limit price must be > 0"),
        (stop is not None and stop <= 0, "stop price must be > 0"),
        (
            order.type == "trailing_stop" and len(trails) != 1,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            order.trail_percent is not None and order.trail_percent < Decimal("0.1"),
            "trail_percent must be greater than or equal to 0.1",
        ),
        (order.trail_price is not None and order.trail_price <= 0, "the sandbox wants a trail_price > 0"),
    )


def _refuse_sub_penny(name: str, price: Decimal | None) -> None:
    """From one dollar two decimals, below it four (the page on orders). Of an exit's price one capture has the name."""
    if price is None or -int(price.normalize().as_tuple().exponent) <= (2 if price >= 1 else 4):
        return
    message = f"invalid {name} {plain(price)}. sub-penny increment does not fulfill minimum pricing criteria"
    raise AlpacaProblem(422, INVALID_STATE, message)


def _cut(qty: Decimal | None) -> Decimal | None:
    """To the decimals that Alpaca keeps; the rest is dropped without a word (measured of crypto, 2026-08)."""
    if qty is None or is_fine(qty):
        return qty
    return qty.quantize(FINEST, ROUND_DOWN)


def _refuse_extended_hours(order: SandboxOrder) -> None:
    """The code of the last message is inferred from the one before; of the first one code and words are not known."""
    if order.extended_hours and order.order_class in {"bracket", "oto", "oco"}:
        raise AlpacaProblem(422, INVALID_STATE, f"the sandbox knows no {order.order_class} orders for extended hours")
    if not order.extended_hours or (order.type == "limit" and order.time_in_force in {"day", "gtc"}):
        return
    message = "extended hours order must be DAY or GTC limit orders"
    if order.type == "stop":
        message = "stop orders are not eligible for extended hours trading"
    raise AlpacaProblem(422, INVALID_STATE, message)


def _refuse_time_in_force(order: SandboxOrder) -> None:
    """A stop is for the day or until cancelled (the table on Alpaca's page on orders). The words are not known."""
    if order.is_stop and order.time_in_force not in {"day", "gtc"} and not is_crypto(order.symbol):
        raise AlpacaProblem(422, INVALID_STATE, "the sandbox wants stop orders for the day or until cancelled")


def read_legs(parent: SandboxOrder, fields: Mapping[str, Any]) -> list[SandboxOrder]:
    """The exit orders of a bracket or oto order, held until the parent fills; of an oco order its stop.

    A stop with a limit is a stop_limit order (documented). The messages of oco orders are inferred from those of
    bracket and oto orders. Raises AlpacaProblem.
    """
    if parent.order_class in {"", "simple"}:
        return []
    legs = list(_exits(parent, fields))
    if parent.order_class == "bracket":
        _refuse_inverted(parent, *legs)
    # An oco order takes the profit itself.
    return legs[1:] if parent.order_class == "oco" else legs


def _exits(parent: SandboxOrder, fields: Mapping[str, Any]) -> Iterator[SandboxOrder]:
    given = [name for name in _EXITS if isinstance(fields.get(name), dict)]
    side = parent.side if parent.order_class == "oco" else _OPPOSITE[parent.side]
    if parent.order_class == "oto" and len(given) != 1:
        raise AlpacaProblem(422, BAD_PARAMETER, "oto orders require either take_profit or stop_loss")
    for name in given if parent.order_class == "oto" else _EXITS:
        exit_fields = fields[name] if name in given else {}
        prices = {one: _number(exit_fields, one) for one in ("limit_price", "stop_price")}
        if prices[_EXITS[name]] is None:
            raise AlpacaProblem(422, BAD_PARAMETER, f"{parent.order_class} orders require {name}.{_EXITS[name]}")
        for one, price in prices.items():
            _refuse_sub_penny(f"{name}.{one}", price)
        yield SandboxOrder(
            symbol=parent.symbol,
            side=side,
            type="limit" if name == "take_profit" else "stop" if prices["limit_price"] is None else "stop_limit",
            qty=parent.qty,
            time_in_force=parent.time_in_force,
            order_class=parent.order_class,
            position_intent=f"{side}_to_close",
            status="held",
            parent_id=parent.id,
            limit_price=prices["limit_price"],
            stop_price=prices["stop_price"] if name == "stop_loss" else None,
        )


def _refuse_inverted(parent: SandboxOrder, profit: SandboxOrder, stop: SandboxOrder) -> None:
    take, lose = profit.limit_price or Decimal(0), stop.stop_price or Decimal(0)
    if not (take > lose if parent.side == "buy" else take < lose):
        wanted = ">" if parent.side == "buy" else "<"
        raise AlpacaProblem(422, INVALID_STATE, f"take_profit.limit_price must be {wanted} stop_loss.stop_price")


def _number(fields: Mapping[str, Any], name: str) -> Decimal | None:
    value = fields.get(name)
    return None if value is None else Decimal(str(value))
