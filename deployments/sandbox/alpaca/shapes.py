"""Which kind of value each field of an order's body has at the simulated Alpaca, and the refusal of any other.

That an exit given as a text is refused so is a public capture (Alpaca-API#260, read 2026-11-29). That the other fields
are treated alike is inferred from it: one decoder reads them all. Numbers are documented as strings, and alpaca-py
sends numbers: both are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from deployments.sandbox.alpaca.orders import FORMAT, AlpacaProblem

_TEXTS = ("symbol", "side", "type", "time_in_force", "order_class", "position_intent", "client_order_id")
_PRICES = ("limit_price", "stop_price")
_NUMBERS = ("qty", "notional", "trail_price", "trail_percent", *_PRICES)
_EXITS = ("take_profit", "stop_loss")


def refuse_misshapen(fields: Mapping[str, Any]) -> None:
    """Raise AlpacaProblem (400) for a value of another kind than its field has. What is null is not there."""
    exits = [fields.get(name) for name in _EXITS]
    prices = [one.get(name) for one in exits if isinstance(one, dict) for name in _PRICES]
    wanted: tuple[tuple[Callable[[Any], bool], list[Any]], ...] = (
        (lambda value: isinstance(value, str), [fields.get(name) for name in _TEXTS]),
        (lambda value: isinstance(value, bool), [fields.get("extended_hours")]),
        (lambda value: isinstance(value, dict), exits),
        (lambda value: isinstance(value, list), [fields.get("legs")]),
        (_is_number, [*(fields.get(name) for name in _NUMBERS), *prices]),
    )
    if not all(value is None or fits(value) for fits, values in wanted for value in values):
        raise AlpacaProblem(400, FORMAT, "request body format is invalid")


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False
