"""Parts of the simulated Alpaca: its knobs, the market, a pair, a position and an account's allowance."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Environment = Literal["paper", "live"]


@dataclass(slots=True)
class AlpacaKnobs:
    """Alpaca's own behaviour, changed at any time by assignment."""

    # Seconds until a new pair is accepted, and until the pair that it replaces is refused.
    activation_lag_s: float = 0.0
    death_lag_s: float = 0.0
    # Refuse pairs as in 2022: 403 {"message": "forbidden."}.
    legacy_auth_errors: bool = False
    # A broken host: any pair is accepted, and sees the environment's first account. True breaks both hosts, "paper" or
    # "live" this one alone.
    accepts_garbage: bool | Environment = False
    # Refuse each living pair now and then, with the answer of a dead one: in every so many requests with that pair the
    # last one (alpacahq/Alpaca-API#118). 0 is never.
    refuses_one_in: int = 0
    # Requests per account and minute.
    rate_limit_per_minute: int = 200
    # What GET /v2/clock says. Market orders fill only while it is open.
    clock_is_open: bool = False
    # Whether market orders fill at all.
    market_fills: bool = True
    # Refuse a limit that is less than half or more than one and a half of the market price: 422 with a code.
    order_price_check: bool = False
    # Seconds that a cancelled order stays pending_cancel.
    cancel_lag_s: float = 0.0
    # Dollars by which every price rises whenever an account or its positions are read.
    price_drift: float = 0.0


class Market:
    """One price a symbol, 100 dollars unless set."""

    def __init__(self, knobs: AlpacaKnobs) -> None:
        self._knobs = knobs
        self.prices: dict[str, Decimal] = {"AAPL": Decimal("230.15"), "MSFT": Decimal("415.50")}

    def price(self, symbol: str) -> Decimal:
        """The price now."""
        return self.prices.setdefault(symbol, Decimal(100))

    def drift(self) -> None:
        """Move every price by the knob."""
        for symbol in list(self.prices):
            self.prices[symbol] += Decimal(str(self._knobs.price_drift))

    @property
    def is_open(self) -> bool:
        """What the clock says."""
        return self._knobs.clock_is_open

    @property
    def fills(self) -> bool:
        """Whether a market order fills now."""
        return self._knobs.clock_is_open and self._knobs.market_fills


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
        now = time.monotonic()
        alive = self.active_from <= now and (self.dead_from is None or now < self.dead_from)
        same = hmac.compare_digest(self.key_id.encode(), key_id.encode()) and hmac.compare_digest(
            self.secret.encode(), secret.encode()
        )
        self._asked += same
        every = self.refuses_one_in or refuses_one_in
        return alive and same and not (every and self._asked % every == 0)


@dataclass(slots=True)
class SandboxPosition:
    """A holding; ``qty`` is negative when short."""

    symbol: str
    qty: Decimal
    avg_entry_price: Decimal


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
