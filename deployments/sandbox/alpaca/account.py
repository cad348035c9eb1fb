"""One simulated brokerage account: its pairs, its money, and what becomes of its orders."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.alpaca import matching
from deployments.sandbox.alpaca.exits import refuse_exits
from deployments.sandbox.alpaca.holds import MULTIPLIER, intent_of, multiplier_of, spoken_for
from deployments.sandbox.alpaca.orders import (
    INVALID_STATE,
    AlpacaProblem,
    SandboxOrder,
    now,
)
from deployments.sandbox.alpaca.reading import read_legs, read_order
from deployments.sandbox.alpaca.rules import refuse_order
from deployments.sandbox.alpaca.state import (
    AlpacaKnobs,
    Environment,
    Market,
    RateBucket,
    SandboxKey,
    SandboxPosition,
    Watchlist,
)
from deployments.sandbox.alpaca.updates import update_of

KEY_PREFIXES: Mapping[Environment, str] = {"paper": "PK", "live": "AK"}
# Paper numbers begin with PA (seen 2026-11-21); nothing is known of live ones but that they are opaque.
NUMBER_PREFIXES: Mapping[Environment, str] = {"paper": "PA", "live": "8"}


def _new_flags() -> dict[str, bool]:
    return dict.fromkeys(("trading_blocked", "transfers_blocked", "account_blocked", "trade_suspended_by_user"), False)


def _new_configurations() -> dict[str, Any]:
    # suspend_trade is the flag trade_suspended_by_user under another name, so it is not kept here.
    return {
        "fractional_trading": True,
        "max_margin_multiplier": str(MULTIPLIER),
        "no_shorting": False,
        "trade_confirm_email": "all",
        "ptp_no_exception_entry": False,
        "max_options_trading_level": None,
        "disable_overnight_trading": False,
    }


@dataclass(slots=True)
class SandboxAccount:
    """One brokerage account. ``status``, ``cash``, ``flags``, ``orders`` and ``positions`` may be set at any time."""

    environment: Environment
    name: str
    number: str
    start_cash: Decimal
    knobs: AlpacaKnobs
    market: Market
    cash: Decimal = field(init=False)
    id: str = field(default_factory=made_up.identifier)
    created_at: str = field(default_factory=now)
    status: str = "ACTIVE"
    currency: str = "USD"
    flags: dict[str, bool] = field(default_factory=_new_flags)
    configurations: dict[str, Any] = field(default_factory=_new_configurations)
    keys: list[SandboxKey] = field(default_factory=list)
    orders: list[SandboxOrder] = field(default_factory=list)
    positions: dict[str, SandboxPosition] = field(default_factory=dict)
    watchlists: list[Watchlist] = field(default_factory=list)
    bucket: RateBucket = field(default_factory=RateBucket)
    # What became of its orders, for whoever listens to its stream.
    updates: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cash = self.start_cash

    @property
    def current_key_id(self) -> str | None:
        """The key ID that the dashboard shows; None until the first pair is generated, and after a reset."""
        last = self.keys[-1] if self.keys else None
        return last.key_id if last is not None and last.dead_from is None else None

    def regenerate(self) -> tuple[str, str]:
        """Make a new pair (key ID, secret). The old one dies after ``knobs.death_lag_s``."""
        now = time.monotonic()
        self._kill(now + self.knobs.death_lag_s)
        key = SandboxKey(
            made_up.alpaca_key_id(KEY_PREFIXES[self.environment]),
            made_up.alpaca_secret(),
            active_from=now + self.knobs.activation_lag_s,
        )
        self.keys.append(key)
        return key.key_id, key.secret

    def reset(self) -> None:
        """Delete and replace the account, as Alpaca does now: its pairs die at once, id and number are new."""
        self.close()
        self.id = made_up.identifier()
        self.number = made_up.account_number(NUMBER_PREFIXES[self.environment])
        self.created_at = now()
        self.cash = self.start_cash
        self.flags, self.configurations = _new_flags(), _new_configurations()
        self.orders, self.positions, self.watchlists = [], {}, []

    def close(self) -> None:
        """Kill every pair at once."""
        self._kill(time.monotonic())

    def _kill(self, moment: float) -> None:
        for key in self.keys:
            key.dead_from = moment if key.dead_from is None else min(key.dead_from, moment)

    def accepts(self, key_id: str, secret: str) -> bool:
        """Whether one of its living pairs is this one."""
        return any(key.accepts(key_id, secret, self.knobs.refuses_one_in) for key in self.keys)

    def has(self, key_id: str, secret: str) -> bool:
        """Whether one of its living pairs is this one, asked by another host."""
        return any(key.is_alive(key_id, secret) for key in self.keys)

    @property
    def long_market_value(self) -> Decimal:
        """What the long positions are worth now."""
        return sum((max(self.value(held), Decimal(0)) for held in list(self.positions.values())), Decimal(0))

    @property
    def short_market_value(self) -> Decimal:
        """What the short positions are worth now, zero or negative."""
        return sum((min(self.value(held), Decimal(0)) for held in list(self.positions.values())), Decimal(0))

    @property
    def equity(self) -> Decimal:
        """Cash and positions at the prices of now."""
        return self.cash + self.long_market_value + self.short_market_value

    @property
    def buying_power(self) -> Decimal:
        """Equity times the multiplier, less what is already at risk and what open orders would take."""
        at_risk = self.long_market_value - self.short_market_value
        most = self.equity * multiplier_of(self.configurations, self.equity)
        return max(most - at_risk - self.spoken_for, Decimal(0))

    @property
    def spoken_for(self) -> Decimal:
        """What open orders would take."""
        return spoken_for(self.orders, self.positions, self.market)

    def value(self, held: SandboxPosition) -> Decimal:
        """A position at the price of now."""
        return held.qty * self.market.price(held.symbol)

    def place(self, fields: Mapping[str, Any]) -> SandboxOrder:
        """Submit an order as POST /v2/orders does. Raises AlpacaProblem. ``settle`` then decides what becomes of it."""
        order = read_order(fields)
        order.symbol = self.market.symbol(order.symbol)
        refuse_order(self, order)
        order.status = self.status_of_new(order.symbol)
        order.position_intent = order.position_intent or intent_of(order, self.positions)
        if order.type == "trailing_stop":
            order.trail(self.market.price(order.symbol))
        legs = read_legs(order, fields)
        refuse_exits(self.market, order, legs)
        for each in (order, *legs):
            each.sequence = len(self.orders)
            self.orders.append(each)
            self.tell(each)
        return order

    def tell(self, order: SandboxOrder) -> None:
        """Note for the stream what has just become of an order."""
        update = update_of(order, self.positions)
        if update is not None:
            self.updates.append(update)

    def status_of_new(self, symbol: str) -> str:
        """The status in which an order begins: off hours it waits for the market."""
        return "pending_new" if self.market.trades(symbol) else "accepted"

    def cancel(self, order: SandboxOrder) -> None:
        """Ask for a cancellation, which happens after ``knobs.cancel_lag_s``. Raises AlpacaProblem (422).

        What else is open of its bracket, oco or oto order is cancelled with it, whichever of them was named
        (documented). One that is canceled already may be asked for again (measured on the paper host, 2026).
        """
        if order.status == "canceled":
            return
        if order.status == "pending_cancel":
            raise AlpacaProblem(422, INVALID_STATE, "order pending cancel")
        if not order.is_open:
            raise AlpacaProblem(422, INVALID_STATE, f'order is already in "{order.status}" state')
        due = time.monotonic() + self.knobs.cancel_lag_s
        for each in matching.open_of(self, order.group):
            each.status, each.cancel_due = "pending_cancel", due
            if self.knobs.cancel_lag_s:
                # Documented: most cancellations pass without this state.
                self.tell(each)
        self.settle()

    def cancel_all(self) -> dict[str, int]:
        """Ask for every open order to be canceled: by id, the status that each one gets."""
        statuses: dict[str, int] = {}
        for order in [order for order in self.orders if order.is_open]:
            # One whose group was just asked for is on its way.
            is_known = order.status == "pending_cancel" and order.group not in {o.group for o in self._asked(statuses)}
            statuses[order.id] = 422 if is_known else 200
            if order.is_open and order.status != "pending_cancel":
                self.cancel(order)
        return statuses

    def _asked(self, statuses: Mapping[str, int]) -> list[SandboxOrder]:
        return [order for order in self.orders if statuses.get(order.id) == 200]

    def settle(self) -> None:
        """Let time do its work on its open orders (``matching``)."""
        matching.settle(self)
