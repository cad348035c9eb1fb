"""Orders as alpaca-py sends them."""

from __future__ import annotations

from typing import Any

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import (
    LimitOrderRequest,
)

from tests.vendors.alpaca.served import ServedAlpaca


def trading(alpaca: ServedAlpaca, keys: tuple[str, str], name: str = "alpaca-paper") -> TradingClient:
    return TradingClient(*keys, url_override=alpaca.server.url(name))


def limit(**changes: Any) -> LimitOrderRequest:
    order = {"symbol": "AAPL", "qty": 1, "side": OrderSide.BUY, "limit_price": 1.0, "time_in_force": TimeInForce.DAY}
    return LimitOrderRequest(**{**order, **changes})
