"""The orders of a simulated account: what is accepted and how it is written.

Bodies, codes and limits are those of the Alpaca Trading OpenAPI 2.0.1 and of public captures, read 2026-11-21.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request

from deployments.sandbox import made_up
from deployments.sandbox.json_body import parsed

_SYMBOL = re.compile(r"[A-Z]{1,5}(?:\.[A-Z]{1,2})?")
CLOSED_STATUSES = frozenset({"canceled", "filled", "expired", "rejected", "replaced"})
BAD_PARAMETER = 40010001
INVALID_STATE = 42210000
FORBIDDEN = 40310000
NOT_FOUND = 40410000
FORMAT = 40010000
_PRICES = ("limit_price", "stop_price", "trail_price", "trail_percent")
_TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
_OPPOSITE = {"buy": "sell", "sell": "buy"}
_CLASSES = ("", "simple", "bracket", "oto", "oco")
_TIMES_IN_FORCE = ("day", "gtc", "opg", "cls", "ioc", "fok")
# Times that an order may carry beside its own three.
_STAMPS = ("filled_at", "expired_at", "canceled_at", "failed_at", "replaced_at")


class AlpacaProblem(Exception):
    """A request that Alpaca refuses: status, code, message, and the further keys that its body carries."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, **extra}


def plain(value: Decimal) -> str:
    """A decimal the way Alpaca writes it: no exponent, no trailing zeros."""
    return format(value.normalize(), "f") if value else "0"


def is_asset(symbol: str) -> bool:
    """Whether something of this name is traded."""
    return _SYMBOL.fullmatch(symbol) is not None


def asset_id(symbol: str) -> str:
    """The UUID of this symbol, which never changes."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, symbol))


def timestamp(nanoseconds: int) -> str:
    """RFC 3339 with nine digits of a second."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


@dataclass(slots=True)
class SandboxOrder:
    """One order. ``sequence`` orders those that were submitted in the same nanosecond."""

    symbol: str
    side: str
    type: str
    qty: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    time_in_force: str = "day"
    order_class: str = ""
    extended_hours: bool = False
    client_order_id: str = field(default_factory=made_up.identifier)
    status: str = "accepted"
    id: str = field(default_factory=made_up.identifier)
    submitted_ns: int = field(default_factory=time.time_ns)
    sequence: int = 0
    parent_id: str | None = None
    # The orders that it took the place of, and that took its place.
    replaces: str | None = None
    replaced_by: str | None = None
    filled_qty: Decimal = Decimal(0)
    filled_avg_price: Decimal | None = None
    stamps: dict[str, str] = field(default_factory=dict)
    # When a cancellation that was asked for happens, on the monotonic clock.
    cancel_due: float | None = None

    @property
    def position(self) -> tuple[int, int]:
        """Its place in the order of submission."""
        return self.submitted_ns, self.sequence

    @property
    def is_open(self) -> bool:
        """Whether it counts as open (a held leg does)."""
        return self.status not in CLOSED_STATUSES

    def close(self, status: str, stamp: str) -> None:
        """Give it a final status and note when."""
        self.status = status
        self.stamps[stamp] = timestamp(time.time_ns())

    def as_json(self, legs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """All keys present, null when unset."""
        numbers = ("qty", "notional", *_PRICES, "filled_qty", "filled_avg_price")
        written = {name: _plain_or_none(getattr(self, name)) for name in numbers}
        names = ("id", "client_order_id", "symbol", "side", "type", "time_in_force", "status", "order_class")
        submitted = timestamp(self.submitted_ns)
        return {
            **{name: getattr(self, name) for name in names},
            **written,
            **{name: self.stamps.get(name) for name in _STAMPS},
            "created_at": submitted,
            "updated_at": max([submitted, *self.stamps.values()]),
            "submitted_at": submitted,
            "asset_id": asset_id(self.symbol),
            "asset_class": "us_equity",
            "order_type": self.type,
            "extended_hours": self.extended_hours,
            "legs": legs,
            "replaces": self.replaces,
            "replaced_by": self.replaced_by,
            **dict.fromkeys(("hwm", "subtag", "source"), None),
        }


def _plain_or_none(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def read_order(fields: Mapping[str, Any]) -> SandboxOrder:
    """The body of POST /v2/orders. Numbers are documented as strings; alpaca-py sends numbers: both are taken.

    Raises AlpacaProblem (422, 40010001).
    """
    order = SandboxOrder(
        symbol=str(fields.get("symbol") or "").upper(),
        side=str(fields.get("side") or ""),
        type=str(fields.get("type") or ""),
        qty=_number(fields, "qty"),
        notional=_number(fields, "notional"),
        limit_price=_limit_of(fields),
        stop_price=_number(fields, "stop_price"),
        trail_price=_number(fields, "trail_price"),
        trail_percent=_number(fields, "trail_percent"),
        time_in_force=str(fields.get("time_in_force") or ""),
        order_class=str(fields.get("order_class") or ""),
        extended_hours=fields.get("extended_hours") is True,
        client_order_id=str(fields.get("client_order_id") or made_up.identifier()),
    )
    for wrong, message in _objections(order):
        if wrong:
            raise AlpacaProblem(422, BAD_PARAMETER, message)
    return order


def _limit_of(fields: Mapping[str, Any]) -> Decimal | None:
    """The limit, which an oco order may name as that of taking the profit."""
    profit = fields.get("take_profit")
    if fields.get("order_class") == "oco" and fields.get("limit_price") is None and isinstance(profit, dict):
        return _number(profit, "limit_price")
    return _number(fields, "limit_price")


def _objections(order: SandboxOrder) -> tuple[tuple[bool, str], ...]:
    priced = order.type in {"limit", "stop_limit"}
    return (
        (not order.symbol, "symbol is required"),
        (order.side not in {"buy", "sell"}, "side must be buy or sell"),
        (order.type not in _TYPES, "invalid order type"),
        (order.time_in_force not in _TIMES_IN_FORCE, "invalid time_in_force"),
        ((order.qty is None) == (order.notional is None), "qty or notional is required"),
        (order.qty is not None and order.qty <= 0, "qty must be > 0"),
        (order.notional is not None and order.notional <= 0, "notional must be > 0"),
        (priced and order.limit_price is None, f"{order.type} orders require a limit price"),
        (order.limit_price is not None and order.limit_price <= 0, "limit price must be > 0"),
        (
            order.type in {"stop", "stop_limit"} and order.stop_price is None,
            f"{order.type} orders require a stop price",
        ),
        (order.stop_price is not None and order.stop_price <= 0, "stop price must be > 0"),
        (order.order_class == "oco" and order.type != "limit", "oco orders must be limit orders"),
        (order.order_class not in _CLASSES, f"the sandbox knows {', '.join(_CLASSES[1:])} orders"),
        (len(order.client_order_id) > 128, "client_order_id must be no more than 128 characters"),
    )


def order_of(orders: Iterable[SandboxOrder], name: str, value: str) -> SandboxOrder:
    """The order with this id or client_order_id. Raises AlpacaProblem (404)."""
    for order in orders:
        if getattr(order, name) == value:
            return order
    raise AlpacaProblem(404, NOT_FOUND, f"order not found for {value}")


async def body_of(request: Request) -> dict[str, Any]:
    """The object that a request carries, whatever its content type. Raises AlpacaProblem (400, a public capture)."""
    try:
        body = parsed(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise AlpacaProblem(400, FORMAT, "request body format is invalid")
    return body


def read_legs(parent: SandboxOrder, fields: Mapping[str, Any]) -> list[SandboxOrder]:
    """The exit orders of a bracket or oto order, held until the parent fills; of an oco order its stop.

    Raises AlpacaProblem.
    """
    if parent.order_class in {"", "simple"}:
        return []
    exits = {"take_profit": "limit", "stop_loss": "stop"}
    given = [name for name in exits if isinstance(fields.get(name), dict)]
    if not given or (parent.order_class in {"bracket", "oco"} and len(given) != len(exits)):
        raise AlpacaProblem(422, BAD_PARAMETER, f"{parent.order_class} orders require take_profit or stop_loss")
    if parent.order_class == "oco":
        # The order itself takes the profit.
        given = ["stop_loss"]
    return [
        SandboxOrder(
            symbol=parent.symbol,
            side=parent.side if parent.order_class == "oco" else _OPPOSITE[parent.side],
            type=exits[name],
            qty=parent.qty,
            limit_price=_number(fields[name], "limit_price"),
            stop_price=_number(fields[name], "stop_price"),
            time_in_force=parent.time_in_force,
            order_class=parent.order_class,
            status="held",
            parent_id=parent.id,
        )
        for name in given
    ]


def _number(fields: Mapping[str, Any], name: str) -> Decimal | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise AlpacaProblem(422, BAD_PARAMETER, f"invalid {name}")
    return number
