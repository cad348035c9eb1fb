"""Parts of the simulated Alpaca: its knobs, the market, a pair, a position, a watchlist and an account's allowance."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.assets import LISTED, asset_id, first_price, is_asset, is_crypto, pair_of
from deployments.sandbox.alpaca.orders import SandboxOrder, now

Environment = Literal["paper", "live"]


@dataclass(slots=True)
class AlpacaKnobs:
    """Alpaca's own behaviour, changed at any time by assignment."""

    # Seconds until a new pair is accepted, and until the pair that it replaces is refused.
    activation_lag_s: float = 0.0
    death_lag_s: float = 0.0
    # Refuse pairs as in 2022: 403 {"message": "forbidden."}.
    legacy_auth_errors: bool = False
    # Refuse them as the paper host's gateway was seen to in 2026-09: by no code, and who sends no headers by a page.
    gateway_auth_errors: bool = False
    # A broken host: any pair is accepted, and sees the environment's first account. True breaks both hosts, "paper" or
    # "live" this one alone.
    accepts_garbage: bool | Environment = False
    # Refuse each living pair now and then, with the answer of a dead one: in every so many requests with that pair the
    # last one (alpacahq/Alpaca-API#118). 0 is never.
    refuses_one_in: int = 0
    # Requests per account and minute.
    rate_limit_per_minute: int = 200
    # What GET /v2/clock says. Orders fill only while it is open.
    clock_is_open: bool = False
    # Whether limits for extended hours fill while the clock says closed.
    extended_hours: bool = False
    # Whether orders fill at all.
    market_fills: bool = True
    # What part of an order fills (of whole shares whole ones, rounded down). The rest waits until this is 1 again.
    fills_part: float = 1.0
    # Refuse a limit that is less than half or more than one and a half of the market price: 422 with a code.
    order_price_check: bool = False
    # Seconds that a cancelled order stays pending_cancel.
    cancel_lag_s: float = 0.0
    # Dollars by which every price rises whenever an account or its positions are read.
    price_drift: float = 0.0


class Market:
    """One price a symbol, that of ``assets`` unless set."""

    def __init__(self, knobs: AlpacaKnobs) -> None:
        self._knobs = knobs
        self.prices: dict[str, Decimal] = {"AAPL": Decimal("230.15"), "MSFT": Decimal("415.50")}

    def price(self, symbol: str) -> Decimal:
        """The price now."""
        return self.prices.setdefault(symbol, first_price(symbol))

    def symbol(self, wanted: str) -> str:
        """The symbol that somebody means by it or by its asset id, which is known from then on."""
        by_id = {asset_id(symbol): symbol for symbol in (*LISTED, *self.prices)}
        symbol = by_id.get(wanted.lower()) or pair_of(wanted.upper()) or wanted.upper()
        if is_asset(symbol):
            self.price(symbol)
        return symbol

    def drift(self) -> None:
        """Move every price by the knob."""
        for symbol in list(self.prices):
            self.prices[symbol] += Decimal(str(self._knobs.price_drift))

    @property
    def is_open(self) -> bool:
        """What the clock says."""
        return self._knobs.clock_is_open

    def trades(self, symbol: str) -> bool:
        """Whether orders for it are worked now: those for crypto always are."""
        return self._knobs.clock_is_open or is_crypto(symbol)

    def works(self, order: SandboxOrder) -> bool:
        """Whether this order is worked now: in its hours, or in the extended ones when it is for these."""
        return self.trades(order.symbol) or (order.extended_hours and self._knobs.extended_hours)

    @property
    def fills_part(self) -> Decimal:
        """What part of an order fills, 1 for all of it."""
        return Decimal(str(self._knobs.fills_part))

    def fills(self, order: SandboxOrder) -> bool:
        """Whether this order fills now."""
        return self.works(order) and self.satisfies(order)

    def satisfies(self, order: SandboxOrder) -> bool:
        """Whether the price of now does: any for a market order, one not worse than the limit otherwise (documented).

        A stop that was not elected waits, whatever its limit.
        """
        if not self._knobs.market_fills or (order.is_stop and not order.is_elected):
            return False
        price, limit = self.price(order.symbol), order.worst_price
        return limit is None or (price <= limit if order.side == "buy" else price >= limit)


@dataclass(slots=True)
class SandboxKey:
    """One pair of an account, with the moments (monotonic clock) from which it is accepted and refused."""

    key_id: str
    secret: str = field(repr=False)
    active_from: float
    dead_from: float | None = None
    # For this pair alone what the knob of the same name is for all.
    refuses_one_in: int = 0
    _asked: int = field(default=0, init=False)

    def accepts(self, key_id: str, secret: str, refuses_one_in: int = 0) -> bool:
        """Whether this is that pair, alive, and not refused by a whim."""
        self._asked += self._is(key_id, secret)
        every = self.refuses_one_in or refuses_one_in
        return self.is_alive(key_id, secret) and not (every and self._asked % every == 0)

    def is_alive(self, key_id: str, secret: str) -> bool:
        """Whether this is that pair, and alive. Nobody's whim is asked."""
        now = time.monotonic()
        alive = self.active_from <= now and (self.dead_from is None or now < self.dead_from)
        return alive and self._is(key_id, secret)

    def _is(self, key_id: str, secret: str) -> bool:
        return hmac.compare_digest(self.key_id.encode(), key_id.encode()) and hmac.compare_digest(
            self.secret.encode(), secret.encode()
        )


@dataclass(slots=True)
class SandboxPosition:
    """A holding; ``qty`` is negative when short."""

    symbol: str
    qty: Decimal
    avg_entry_price: Decimal

    def add(self, signed: Decimal, price: Decimal) -> None:
        """Buy (or, negative, sell) at a price.

        What grows costs the weighted average, what shrinks keeps its price (Alpaca's page on the average entry price,
        of positions within a day), and what comes out on the other side costs the new price.
        """
        after = self.qty + signed
        if self.qty * signed >= 0:
            self.avg_entry_price = (self.qty * self.avg_entry_price + signed * price) / after
        elif self.qty * after < 0:
            self.avg_entry_price = price
        self.qty = after


@dataclass(slots=True)
class Watchlist:
    """A named list of assets."""

    name: str
    symbols: list[str]
    id: str = field(default_factory=made_up.identifier)
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)

    def view(self, account_id: str) -> dict[str, Any]:
        """As it is listed."""
        shown = {"id": self.id, "account_id": account_id, "name": self.name}
        return {**shown, "created_at": self.created_at, "updated_at": self.updated_at}


@dataclass(slots=True)
class RateBucket:
    """Requests in the current minute, which begins with its first request."""

    used: int = 0
    resets_at: float = 0.0

    def take(self) -> int:
        """Count one request and return how many there were in this minute."""
        if time.time() >= self.resets_at:
            self.used, self.resets_at = 0, time.time() + 60
        self.used += 1
        return self.used
