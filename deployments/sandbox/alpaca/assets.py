"""What the simulated Alpaca trades: shares by any symbol of one to five letters, and pairs of crypto.

A pair is written with a slash, and also taken without one, as positions show it (Alpaca's page on crypto orders). The
ids are made of the symbols, but for those that Alpaca's examples and public captures name.
"""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

EQUITY, CRYPTO = "us_equity", "crypto"
_SYMBOL = re.compile(r"[A-Z]{1,5}(?:\.[A-Z]{1,2})?")
_COINS = (
    *("AAVE", "AVAX", "BAT", "BCH", "BTC", "CRV", "DOGE", "DOT", "ETH", "GRT", "LINK"),
    *("LTC", "PEPE", "SHIB", "SOL", "SUSHI", "UNI", "USDC", "USDT", "XRP", "XTZ", "YFI"),
)
# Those that are listed before anybody asks for them, by the exchange that lists them.
_LISTED = {
    "NASDAQ": ("AAPL", "AMD", "AMZN", "GOOG", "GOOGL", "INTC", "META", "MSFT", "NFLX", "NVDA", "QQQ", "TSLA"),
    "NYSE": ("BA", "BAC", "BRK.B", "DIS", "F", "GE", "JPM", "KO", "T", "V", "WMT", "XOM"),
    "ARCA": ("DIA", "GLD", "IWM", "SPY", "VOO", "VTI"),
}
_EXCHANGES = {symbol: exchange for exchange, symbols in _LISTED.items() for symbol in symbols}
LISTED = (*_EXCHANGES, *(f"{coin}/USD" for coin in _COINS))
_IDS = {
    "AAPL": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
    "BTC/USD": "276e2673-764b-4ab6-a611-caf665ca6340",
    "NFLX": "bb2a26c0-4c77-4801-8afc-82e8142ac7b8",
    "SPY": "b28f4066-5c6d-479b-a2af-85dc1a8f16fb",
    "TSLA": "8ccae427-5dd0-45b3-b5fe-7ba5e422c766",
}
# Dollars that a coin costs at first: made up, so that what people order is worth about what they expect.
_COIN_PRICES = {
    "BTC": "60000",
    "ETH": "3000",
    "YFI": "5000",
    "BCH": "400",
    "AAVE": "200",
    "SOL": "150",
    "LTC": "80",
    "AVAX": "30",
    "LINK": "15",
    "UNI": "8",
    "DOT": "6",
    "XRP": "2",
    "USDC": "1",
    "USDT": "1",
    "SUSHI": "0.8",
    "XTZ": "0.7",
    "CRV": "0.5",
    "BAT": "0.2",
    "DOGE": "0.2",
    "GRT": "0.1",
    "PEPE": "0.00001",
    "SHIB": "0.00002",
}
_PAIR = re.compile(rf"({'|'.join(_COINS)})/?(USD[CT]?)")


def pair_of(wanted: str) -> str | None:
    """The pair that somebody means, as orders show it; None when it is none."""
    found = _PAIR.fullmatch(wanted)
    return f"{found[1]}/{found[2]}" if found and found[1] != found[2] else None


def is_crypto(symbol: str) -> bool:
    """Whether it is a pair."""
    return pair_of(symbol) is not None


def is_asset(symbol: str) -> bool:
    """Whether something of this name is traded."""
    return is_crypto(symbol) or _SYMBOL.fullmatch(symbol) is not None


def asset_id(symbol: str) -> str:
    """The UUID of this symbol, which never changes."""
    return _IDS.get(symbol) or str(uuid.uuid5(uuid.NAMESPACE_DNS, symbol))


def exchange_of(symbol: str) -> str:
    """Where it is traded: of shares that nobody knows, NASDAQ."""
    return "CRYPTO" if is_crypto(symbol) else _EXCHANGES.get(symbol, "NASDAQ")


def first_price(symbol: str) -> Decimal:
    """What it costs in the sandbox until somebody says otherwise."""
    return Decimal(_COIN_PRICES[symbol.partition("/")[0]] if is_crypto(symbol) else 100)


def class_of(symbol: str) -> str:
    """Its asset class."""
    return CRYPTO if is_crypto(symbol) else EQUITY


def asset_view(symbol: str) -> dict[str, Any]:
    """One asset, as every list of them shows it."""
    shares = not is_crypto(symbol)
    shown: dict[str, Any] = {
        "id": asset_id(symbol),
        "class": class_of(symbol),
        "exchange": exchange_of(symbol),
        "symbol": symbol,
        "name": f"{symbol} Common Stock" if shares else symbol.replace("/", " / "),
        "status": "active",
        **dict.fromkeys(("tradable", "fractionable"), True),
        **dict.fromkeys(("marginable", "shortable", "easy_to_borrow"), shares),
        "maintenance_margin_requirement": 30 if shares else 100,
        "margin_requirement_long": "30" if shares else "100",
        "margin_requirement_short": "30" if shares else "100",
        "attributes": [],
    }
    if shares:
        return {**shown, "borrow_status": "easy_to_borrow"}
    # Which ones each pair really has is not played.
    return {**shown, "min_order_size": "0.000000002", "min_trade_increment": "0.000000001", "price_increment": "0.01"}
