"""The simulated Alpaca's portfolio history (OpenAPI 2.0.1, read 2026-11-29): now is all that the sandbox remembers.

What the parameters may be is documented, and with which words another one is refused is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deployments.sandbox.alpaca.hours import EASTERN
from deployments.sandbox.alpaca.listing import nanoseconds
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, AlpacaProblem

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount

_PERIOD = re.compile(r"([1-9][0-9]{0,3})([DWMA])")
_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}
_TIMEFRAMES = ("1Min", "5Min", "15Min", "1H", "1D")
_DEFAULT_PERIOD = "1M"
# Longer than this, only whole days are there.
_MOST_DAYS_BY_PARTS = 30
_DAY_NS = 86_400 * 1_000_000_000


def history_view(account: SandboxAccount, query: Mapping[str, str]) -> dict[str, Any]:
    """GET /v2/account/portfolio/history. Here, money is a number. Raises AlpacaProblem (422, 40010001)."""
    given = {name: value for name, value in query.items() if value}
    equity = float(account.equity)
    now = datetime.now(EASTERN)
    gained = account.equity - account.start_cash
    share = gained / account.start_cash if account.start_cash else gained
    gains = {"profit_loss": [float(gained)], "profit_loss_pct": [float(share)]}
    return {
        "timestamp": [int(now.timestamp())],
        "equity": [equity],
        **gains,
        "base_value": float(account.start_cash),
        "base_value_asof": now.date().isoformat(),
        "timeframe": _timeframe(given, _days(given)),
        "cashflow": {},
    }


def _days(given: Mapping[str, str]) -> float:
    if {"start", "end", "period"} <= given.keys():
        raise AlpacaProblem(422, BAD_PARAMETER, "only two of start, end and period can be specified")
    bounds = {name: nanoseconds(given[name]) for name in ("start", "end") if name in given}
    if bounds.keys() == {"start", "end"}:
        return (bounds["end"] - bounds["start"]) / _DAY_NS
    found = _PERIOD.fullmatch(given.get("period", _DEFAULT_PERIOD))
    if found is None:
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid period")
    return int(found[1]) * _DAYS[found[2]]


def _timeframe(given: Mapping[str, str], days: float) -> str:
    """The one that is asked for, or the one that the length calls for."""
    otherwise = "1Min" if days < 7 else "15Min" if days < _MOST_DAYS_BY_PARTS else "1D"
    wanted = given.get("timeframe", otherwise)
    if wanted not in _TIMEFRAMES or (days > _MOST_DAYS_BY_PARTS and wanted != "1D"):
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid timeframe")
    return wanted
