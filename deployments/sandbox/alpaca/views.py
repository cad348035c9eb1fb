"""The JSON of the simulated Alpaca's account, configurations, positions and clock (OpenAPI 2.0.1, read 2026-11-21)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from deployments.sandbox.alpaca.assets import asset_id, class_of, exchange_of, is_crypto
from deployments.sandbox.alpaca.holds import available, kept_overnight, may_short, multiplier_of
from deployments.sandbox.alpaca.hours import EASTERN, closes, following, opens
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, AlpacaProblem, plain
from deployments.sandbox.alpaca.state import SandboxPosition

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount

# The values that OpenAPI names; of the text for one that is not among them one capture is known, of pdt_check.
_CONFIGURATION_VALUES: dict[str, tuple[Any, ...]] = {
    "max_margin_multiplier": ("1", "2", "4"),
    "trade_confirm_email": ("all", "none"),
    "max_options_trading_level": (0, 1, 2, 3),
}
_CONFIGURATION_TYPES: dict[str, type] = {
    "fractional_trading": bool,
    "max_margin_multiplier": str,
    "no_shorting": bool,
    "trade_confirm_email": str,
    "ptp_no_exception_entry": bool,
    "max_options_trading_level": int,
    "disable_overnight_trading": bool,
}


# What there is none of.
_NOTHING = (
    "last_maintenance_margin",
    "accrued_fees",
    "pending_transfer_in",
    "intraday_adjustments",
    "pending_reg_taf_fees",
)


def account_view(account: SandboxAccount) -> dict[str, Any]:
    """GET /v2/account. Money is a string; the pattern day trader fields are gone since 2026-07-06.

    Yesterday it had what it began with, and nothing else.
    """
    level = account.configurations["max_options_trading_level"]
    long, short, equity = account.long_market_value, account.short_market_value, account.equity
    money = {
        **dict.fromkeys(("buying_power", "regt_buying_power", "effective_buying_power"), account.buying_power),
        # The share of it that is borrowed is not for options (the example of OpenAPI).
        "options_buying_power": account.buying_power / multiplier_of(account.configurations, equity),
        "non_marginable_buying_power": max(account.cash - account.spoken_for, Decimal(0)),
        "cash": account.cash,
        **dict.fromkeys(("equity", "portfolio_value", "sma"), equity),
        "last_equity": account.start_cash,
        "initial_margin": (long - short) / 2,
        "maintenance_margin": kept_overnight(account.positions.values(), account.market),
        **dict.fromkeys(_NOTHING, Decimal(0)),
        "long_market_value": long,
        "short_market_value": short,
        "position_market_value": long - short,
    }
    return {
        "id": account.id,
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": account.number,
        "status": account.status,
        "crypto_status": account.status,
        "currency": account.currency,
        "created_at": account.created_at,
        "shorting_enabled": may_short(account.configurations, equity),
        "multiplier": str(multiplier_of(account.configurations, equity)),
        "balance_asof": (datetime.now(EASTERN).date() - timedelta(days=1)).isoformat(),
        "crypto_tier": 1,
        "options_approved_level": 3,
        "options_trading_level": 2 if level is None else level,
        **account.flags,
        **{name: plain(value) for name, value in money.items()},
    }


def configurations_view(account: SandboxAccount) -> dict[str, Any]:
    """GET /v2/account/configurations."""
    return {**account.configurations, "suspend_trade": account.flags["trade_suspended_by_user"]}


def configure(account: SandboxAccount, changes: dict[str, Any]) -> None:
    """PATCH /v2/account/configurations. Null and unknown names change nothing (alpaca-py sends both).

    Raises AlpacaProblem (422, 40010001) before anything is changed.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    for name, value in given.items():
        of_type = type(value) is {**_CONFIGURATION_TYPES, "suspend_trade": bool}.get(name, type(value))
        if not of_type or value not in _CONFIGURATION_VALUES.get(name, (value,)):
            raise AlpacaProblem(422, BAD_PARAMETER, f"{name} value is invalid")
    account.configurations.update({name: value for name, value in given.items() if name in _CONFIGURATION_TYPES})
    account.flags["trade_suspended_by_user"] = given.get("suspend_trade", account.flags["trade_suspended_by_user"])


def position_view(account: SandboxAccount, held: SandboxPosition) -> dict[str, Any]:
    """One row of GET /v2/positions: every number is a string."""
    price, value = account.market.price(held.symbol), account.value(held)
    cost = held.qty * held.avg_entry_price
    profit = value - cost
    share = profit / abs(cost) if cost else Decimal(0)
    numbers = {
        "qty": held.qty,
        "qty_available": available(held, account.orders, account.market),
        **dict.fromkeys(("unrealized_pl", "unrealized_intraday_pl"), profit),
        **dict.fromkeys(("unrealized_plpc", "unrealized_intraday_plpc"), share),
        "avg_entry_price": held.avg_entry_price,
        "market_value": value,
        "cost_basis": cost,
        "current_price": price,
        "lastday_price": held.avg_entry_price,
        "change_today": share,
    }
    return {
        "asset_id": asset_id(held.symbol),
        # Here, and here alone, a pair has no slash.
        "symbol": held.symbol.replace("/", ""),
        "exchange": exchange_of(held.symbol),
        "asset_class": class_of(held.symbol),
        "asset_marginable": not is_crypto(held.symbol),
        "side": "long" if held.qty > 0 else "short",
        **{name: plain(number) for name, number in numbers.items()},
    }


def clock_view(*, is_open: bool) -> dict[str, Any]:
    """GET /v2/clock: ``is_open`` as told, the other times the next ones that fit to it."""
    now = datetime.now(EASTERN).replace(microsecond=0)
    if is_open:
        next_close = following(closes, now)
        next_open = following(opens, next_close)
    else:
        next_open = following(opens, now)
        next_close = following(closes, next_open)
    times = {"timestamp": now, "next_open": next_open, "next_close": next_close}
    return {"is_open": is_open, **{name: moment.isoformat() for name, moment in times.items()}}
