"""Accounts, positions and orders as Alpaca tells them, made by hand: rules are shown without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from blocks.issuers.alpaca.models import Account, Order, Position
from blocks.proofs import Record

CREATED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)


class Proofs(Record):
    """Collects proofs where there is no run whose log could tell them."""

    def prove(self, sentence: str) -> None:
        """Keep it."""
        self.proofs.append(sentence)


def account(**changed: Any) -> Account:
    """An account in which nothing is wrong."""
    same: dict[str, Any] = {
        "id": "an-id",
        "account_number": "123456789",
        "status": "ACTIVE",
        "created_at": CREATED,
        "currency": "USD",
        "equity": Decimal(1000),
        "cash": Decimal(1000),
        "flags": (),
    }
    return Account(**{**same, **changed})


def position(symbol: str = "AAPL", quantity: int = 10, worth: str | None = "2000") -> Position:
    """Shares that are worth so many US dollars; None when Alpaca does not say."""
    return Position(symbol, "long", Decimal(quantity), Decimal(worth) if worth else None)


def an_order(**changed: Any) -> Order:
    """Somebody's open limit order, placed at NOW."""
    same: dict[str, Any] = {
        "id": "order-1",
        "client_order_id": "somebodys",
        "symbol": "MSFT",
        "side": "buy",
        "qty": Decimal(2),
        "type": "limit",
        "status": "new",
        "submitted_at": NOW,
        "limit_price": Decimal(1),
        "filled_qty": None,
    }
    return Order(**{**same, **changed})
