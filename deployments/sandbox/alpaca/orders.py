"""The orders of a simulated account and how they are written; ``reading`` says which bodies are accepted.

Bodies, codes and limits are those of the Alpaca Trading OpenAPI 2.0.1 and of public captures, read 2026-11-21.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.assets import asset_id, class_of
from deployments.sandbox.alpaca.hours import EASTERN, closes, following, session_closes

CLOSED_STATUSES = frozenset({"canceled", "filled", "expired", "rejected", "replaced"})
BAD_PARAMETER = 40010001
INVALID_STATE = 42210000
FORBIDDEN = 40310000
NOT_FOUND = 40410000
FORMAT = 40010000
# Quantities have nine decimals (OpenAPI).
FINEST = Decimal("0.000000001")
_PRICES = ("limit_price", "stop_price", "trail_price", "trail_percent")
# How long an order until cancelled lives, and when on the last day it is cancelled in New York.
_MOST_DAYS, _SWEEP = 90, time_of_day(16, 15)
# Times that an order may carry beside its own three.
_STAMPS = ("filled_at", "expired_at", "canceled_at", "failed_at", "replaced_at")


class AlpacaProblem(Exception):
    """A request that Alpaca refuses: status, code, message, and the further keys that its body carries."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, **extra}


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def is_fine(number: Decimal) -> bool:
    """Whether a quantity has no more decimals than Alpaca takes."""
    return int(number.normalize().as_tuple().exponent) >= int(FINEST.as_tuple().exponent)


def plain(value: Decimal) -> str:
    """A decimal the way Alpaca writes it: no exponent, no trailing zeros."""
    return format(value.normalize(), "f") if value else "0"


def timestamp(nanoseconds: int) -> str:
    """RFC 3339 with nine digits of a second."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def now() -> str:
    """RFC 3339 with microseconds, as accounts and lists are dated."""
    return timestamp(time.time_ns())[:-4] + "Z"


@dataclass(frozen=True, slots=True)
class Execution:
    """A part of an order that was filled, and how much of it was filled with that."""

    price: Decimal
    qty: Decimal
    filled_qty: Decimal
    at_ns: int
    id: str = field(default_factory=made_up.identifier)


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
    position_intent: str | None = None
    extended_hours: bool = False
    client_order_id: str = field(default_factory=made_up.identifier)
    status: str = "accepted"
    id: str = field(default_factory=made_up.identifier)
    submitted_ns: int = field(default_factory=time.time_ns)
    sequence: int = 0
    parent_id: str | None = None
    # The best price since a trailing stop was submitted, from which its stop price follows.
    hwm: Decimal | None = None
    # Whether the market was at the price of this stop.
    is_elected: bool = False
    # The orders that it took the place of, and that took its place.
    replaces: str | None = None
    replaced_by: str | None = None
    filled_qty: Decimal = Decimal(0)
    filled_avg_price: Decimal | None = None
    executions: list[Execution] = field(default_factory=list)
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

    def execute(self, qty: Decimal, price: Decimal) -> None:
        """Fill so much more of it. Its status is left as it was."""
        before = self.filled_qty * (self.filled_avg_price or 0)
        self.filled_qty += qty
        self.filled_avg_price = (before + qty * price) / self.filled_qty
        self.executions.append(Execution(price, qty, self.filled_qty, time.time_ns()))
        self.stamps["executed"] = timestamp(self.executions[-1].at_ns)

    @property
    def expires_at(self) -> str | None:
        """The end of the day that a day order is for (an example of OpenAPI), or the ninetieth day (page on orders).

        That one for extended hours lives until those end is inferred. Of others it is left out.
        """
        if self.time_in_force not in {"day", "gtc"}:
            return None
        submitted = datetime.fromtimestamp(self.submitted_ns // 1_000_000_000, UTC)
        if self.time_in_force == "gtc":
            last = submitted.astimezone(EASTERN).date() + timedelta(days=_MOST_DAYS)
            return _utc(datetime.combine(last, _SWEEP, EASTERN))
        return _utc(following(session_closes if self.extended_hours else closes, submitted))

    @property
    def is_stop(self) -> bool:
        """Whether it waits for a price before it goes to the market."""
        return self.type in {"stop", "stop_limit", "trailing_stop"}

    @property
    def worst_price(self) -> Decimal | None:
        """The price that it takes at worst; None is any.

        Alpaca makes a stop to buy a limit that is 4 % above a price under 50 dollars, and 2.5 % above any other
        (documented).
        """
        if self.type == "stop" and self.side == "buy" and self.stop_price is not None:
            return self.stop_price * (Decimal("1.04") if self.stop_price < 50 else Decimal("1.025"))
        return self.limit_price

    @property
    def group(self) -> str:
        """What the orders of one bracket, oco or oto order have in common."""
        return self.parent_id or self.id

    def trail(self, price: Decimal) -> None:
        """Let the high water mark follow a price that is better, and the stop price follow the mark.

        For a sell order it is the highest price, and the stop below it; for a buy order the lowest, and the stop above
        it (Alpaca's page on orders).
        """
        is_sale = self.side == "sell"
        self.hwm = price if self.hwm is None else max(self.hwm, price) if is_sale else min(self.hwm, price)
        away = self.trail_price if self.trail_price is not None else self.hwm * (self.trail_percent or 0) / 100
        self.stop_price = self.hwm - away if is_sale else self.hwm + away

    def as_json(self, legs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """All keys present, null when unset."""
        numbers = ("qty", "notional", *_PRICES, "filled_qty", "filled_avg_price", "hwm")
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
            "asset_class": class_of(self.symbol),
            "order_type": self.type,
            "position_intent": self.position_intent,
            "expires_at": self.expires_at,
            "extended_hours": self.extended_hours,
            "legs": legs,
            "replaces": self.replaces,
            "replaced_by": self.replaced_by,
            **dict.fromkeys(("subtag", "source"), None),
        }


def _plain_or_none(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
