"""What Alpaca's Trading API v2 says, as frozen data. A field that is missing or malformed makes the answer unclear.

Money and quantities are decimal strings, times are RFC 3339 with up to nine digits of a second, of which Python keeps
six (Alpaca Trading OpenAPI 2.0.1, read 2026-11-21).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from blocks.errors import Unclear

VENDOR = "Alpaca"
READ_ACCOUNT = "read account"

Environment = Literal["paper", "live"]

# The account's own switch "Trades suspended": new orders are refused, everything else works.
SUSPENDED = "trade_suspended_by_user"
# ACTIVE alone does not mean that an account can trade: each of these stops it (OpenAPI 2.0.1).
BLOCK_FLAGS = ("trading_blocked", "account_blocked", SUSPENDED)
CODE_DIGITS = 8
# Before or behind the point. No amount has that many; a number of a million digits would fill the memory.
MOST_DIGITS = 30
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
# An order in any other status can still change, and counts as open.
TERMINAL_STATUSES = frozenset({"canceled", "filled", "expired", "rejected", "replaced"})


# How Alpaca answers an order that the account may not place: the pair itself was accepted.
BUSINESS_STATUSES = frozenset({403, 422})


def is_business_code(code: str | None, status: int | None) -> bool:
    """Whether this is Alpaca's own number for a refused order, such as 40310000 with 403 or 42210000 with 422.

    Alpaca's numbers are the HTTP status times 100000 plus n (captures of 2026). A gateway that repeats the status as
    its code says nothing of the pair. 40010001, bad parameters, comes with 422 too: it says nothing of the account.
    """
    return (
        code is not None
        and status in BUSINESS_STATUSES
        and code.isdecimal()
        and len(code) == CODE_DIGITS
        and int(code) // 100_000 == status
    )


@dataclass(frozen=True, slots=True)
class Account:
    """An account as one pair sees it. ``flags`` names the block flags that are set."""

    id: str
    account_number: str
    status: str
    created_at: datetime
    currency: str
    equity: Decimal
    cash: Decimal
    flags: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """ACTIVE, and nothing that Alpaca itself set blocks trading."""
        return self.status == "ACTIVE" and not set(self.flags) - {SUSPENDED}

    @property
    def suspended(self) -> bool:
        """Whether its owner suspended trading: the strongest brake there is, and no fault of the account."""
        return SUSPENDED in self.flags


@dataclass(frozen=True, slots=True)
class Order:
    """An order. ``qty`` is None for an order by amount, ``symbol`` and ``side`` are empty for a multi-leg one.

    ``limit_price`` is None for one without a limit, ``filled_qty`` where Alpaca does not tell it.
    """

    id: str
    client_order_id: str
    symbol: str
    side: str
    qty: Decimal | None
    type: str
    status: str
    submitted_at: datetime
    limit_price: Decimal | None
    filled_qty: Decimal | None

    @property
    def is_terminal(self) -> bool:
        """Whether the order can change no more."""
        return self.status in TERMINAL_STATUSES


@dataclass(frozen=True, slots=True)
class Position:
    """A holding. ``side`` is long or short; a short one has a negative ``qty`` and ``market_value``."""

    symbol: str
    side: str
    qty: Decimal
    # US dollars now; None when Alpaca does not say.
    market_value: Decimal | None


@dataclass(frozen=True, slots=True)
class Clock:
    """The core session of US equities. A closed market stops neither extended hours nor crypto."""

    is_open: bool
    next_open: datetime
    next_close: datetime
    timestamp: datetime


class Fields:
    """Reads one JSON object of an answer. Every method raises Unclear when the field is missing or of another type."""

    def __init__(self, operation: str, body: Any) -> None:
        self._operation = operation
        self._body = body

    def text(self, name: str) -> str:
        """A string that is not empty."""
        value = self._value(name)
        if not isinstance(value, str) or not value:
            raise self._unclear(name)
        return value

    def text_or_empty(self, name: str) -> str:
        """A string, empty when the field is null, empty or missing."""
        return self.text(name) if self._value(name) else ""

    def flag(self, name: str) -> bool:
        """True or false: a flag that is missing is not false."""
        value = self._value(name)
        if not isinstance(value, bool):
            raise self._unclear(name)
        return value

    def number(self, name: str) -> Decimal:
        """A finite decimal number in a string, of a size with which can be reckoned."""
        text = self.text(name)
        value = Decimal(text) if _NUMBER.fullmatch(text) else None
        if value is None or abs(value.adjusted()) > MOST_DIGITS:
            raise self._unclear(name)
        return value

    def number_or_none(self, name: str) -> Decimal | None:
        """A finite decimal number as ``number`` reads it; None when the field is null or missing."""
        return None if self._value(name) is None else self.number(name)

    def time(self, name: str) -> datetime:
        """A time with its offset."""
        text = self.text(name)
        try:
            # One at the end of all years cannot be told in UTC.
            value = datetime.fromisoformat(text)
            value.astimezone(UTC)
        except (ValueError, OverflowError):
            value = None
        if value is None or value.tzinfo is None:
            raise self._unclear(name)
        return value

    def _value(self, name: str) -> Any:
        return self._body.get(name) if isinstance(self._body, dict) else None

    def _unclear(self, name: str) -> Unclear:
        return unclear(self._operation, f"the answer's field {name} is missing or malformed")


def unclear(operation: str, fault: str) -> Unclear:
    """A 200 that does not say what it should."""
    return Unclear(
        vendor=VENDOR,
        operation=operation,
        fault=fault,
        status=200,
        transient=False,
        remedy="Compare the base URL in the Alpaca block with Alpaca's documentation; look at status.alpaca.markets.",
    )


def listed(operation: str, body: Any) -> list[Any]:
    """A bare array, as orders and positions come. Raises Unclear."""
    if not isinstance(body, list):
        raise unclear(operation, "the answer is not a list")
    return body


def account_from(operation: str, body: Any) -> Account:
    """Read GET /v2/account. Raises Unclear."""
    fields = Fields(operation, body)
    return Account(
        id=fields.text("id"),
        account_number=fields.text("account_number"),
        status=fields.text("status"),
        created_at=fields.time("created_at"),
        currency=fields.text("currency"),
        equity=fields.number("equity"),
        cash=fields.number("cash"),
        flags=tuple(name for name in BLOCK_FLAGS if fields.flag(name)),
    )


def order_from(operation: str, body: Any) -> Order:
    """Read an order. Raises Unclear."""
    fields = Fields(operation, body)
    return Order(
        id=fields.text("id"),
        client_order_id=fields.text("client_order_id"),
        symbol=fields.text_or_empty("symbol"),
        side=fields.text_or_empty("side"),
        qty=fields.number_or_none("qty"),
        type=fields.text_or_empty("type"),
        status=fields.text("status"),
        submitted_at=fields.time("submitted_at"),
        limit_price=fields.number_or_none("limit_price"),
        filled_qty=fields.number_or_none("filled_qty"),
    )


def position_from(operation: str, body: Any) -> Position:
    """Read a position. Raises Unclear."""
    fields = Fields(operation, body)
    return Position(
        symbol=fields.text("symbol"),
        side=fields.text("side"),
        qty=fields.number("qty"),
        market_value=fields.number_or_none("market_value"),
    )


def clock_from(operation: str, body: Any) -> Clock:
    """Read GET /v2/clock. Raises Unclear."""
    fields = Fields(operation, body)
    return Clock(
        is_open=fields.flag("is_open"),
        next_open=fields.time("next_open"),
        next_close=fields.time("next_close"),
        timestamp=fields.time("timestamp"),
    )
