"""Why the simulated Alpaca refuses orders for option contracts, of which it has none.

The texts are those of Alpaca's page "Options Trading Overview" (of 2026-09-16) and public captures, read 2026-11-29.
Which of them comes first is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deployments.sandbox.alpaca.orders import BAD_PARAMETER, INVALID_STATE, AlpacaProblem

# An underlying, a day, call or put, and a price in thousandths of a dollar.
_CONTRACT = re.compile(r"[A-Z]{1,6}\d{6}[CP]\d{8}")
_FEWEST_LEGS, _MOST_LEGS = 2, 4


def is_contract(symbol: str) -> bool:
    """Whether this is the name of an option contract."""
    return _CONTRACT.fullmatch(symbol) is not None


def refuse_contract(symbol: str) -> None:
    """Raise AlpacaProblem (422) when this is the name of an option contract."""
    if is_contract(symbol):
        raise AlpacaProblem(422, INVALID_STATE, f'contract "{symbol}" not found')


def refuse_legs(fields: Mapping[str, Any]) -> None:
    """Raise AlpacaProblem (422) for an order of several contracts at once."""
    if fields.get("order_class") != "mleg":
        return
    if fields.get("symbol"):
        raise AlpacaProblem(422, BAD_PARAMETER, "symbol is not allowed for mleg order")
    legs = fields.get("legs")
    if not isinstance(legs, list) or not _FEWEST_LEGS <= len(legs) <= _MOST_LEGS:
        message = f"mleg orders must have at least {_FEWEST_LEGS} legs and at most {_MOST_LEGS} legs"
        raise AlpacaProblem(422, INVALID_STATE, message)
    symbol = legs[0].get("symbol") if isinstance(legs[0], dict) else None
    raise AlpacaProblem(422, INVALID_STATE, f"asset not found for {symbol}")
