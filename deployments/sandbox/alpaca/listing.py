"""How the simulated GET /v2/orders filters and pages (Alpaca Trading OpenAPI 2.0.1, read 2026-11-21)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from deployments.sandbox.alpaca.asked import is_true
from deployments.sandbox.alpaca.assets import class_of
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, AlpacaProblem, SandboxOrder

MAX_LIMIT = 500
DEFAULT_LIMIT = 50
_FRACTION = re.compile(r"\.(\d+)")


def select_orders(orders: list[SandboxOrder], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """GET /v2/orders. ``after``, ``until``, ``after_order_id`` and ``before_order_id`` are exclusive.

    Raises AlpacaProblem (422, 40010001) for a parameter out of range.
    """
    _refuse_mixed_bounds(query)
    if query.get("status", "open") not in {"open", "closed", "all"}:
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid status")
    nested = is_true(query, "nested")
    chosen = [order for order in orders if _matches(order, query) and not (nested and order.parent_id)]
    chosen.sort(key=lambda order: order.position, reverse=query.get("direction", "desc") != "asc")
    chosen = _within_ids(_within_times(chosen, query), orders, query)[: _limit(query)]
    return [order.as_json(legs_of(order, orders) if nested else None) for order in chosen]


def legs_of(parent: SandboxOrder, orders: list[SandboxOrder]) -> list[dict[str, Any]] | None:
    """The legs of a multi-leg order as JSON, None when it has none."""
    return [order.as_json() for order in orders if order.parent_id == parent.id] or None


def _matches(order: SandboxOrder, query: Mapping[str, str]) -> bool:
    status = query.get("status", "open")
    symbols = [symbol for symbol in query.get("symbols", "").split(",") if symbol]
    return (
        (status == "all" or order.is_open == (status == "open"))
        and (not symbols or not {order.symbol, order.symbol.replace("/", "")}.isdisjoint(symbols))
        and query.get("side", order.side) == order.side
        and not {class_of(order.symbol), "all"}.isdisjoint(query.get("asset_class", "all").split(","))
    )


def _within_times(orders: list[SandboxOrder], query: Mapping[str, str]) -> list[SandboxOrder]:
    if "after" in query:
        after = nanoseconds(query["after"])
        orders = [order for order in orders if order.submitted_ns > after]
    if "until" in query:
        until = nanoseconds(query["until"])
        orders = [order for order in orders if order.submitted_ns < until]
    return orders


def _within_ids(chosen: list[SandboxOrder], orders: list[SandboxOrder], query: Mapping[str, str]) -> list[SandboxOrder]:
    for name in ("after_order_id", "before_order_id"):
        if name not in query:
            continue
        bound = next((order.position for order in orders if order.id == query[name]), None)
        if bound is None:
            raise AlpacaProblem(422, BAD_PARAMETER, f"invalid {name}")
        later = name == "after_order_id"
        chosen = [order for order in chosen if order.position != bound and (order.position > bound) == later]
    return chosen


def _refuse_mixed_bounds(query: Mapping[str, str]) -> None:
    ids = [name for name in ("before_order_id", "after_order_id") if name in query]
    if len(ids) > 1 or (ids and ("after" in query or "until" in query)):
        raise AlpacaProblem(
            422, BAD_PARAMETER, "before_order_id and after_order_id exclude each other, after and until"
        )


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MAX_LIMIT:
        raise AlpacaProblem(422, BAD_PARAMETER, f"limit must be between 1 and {MAX_LIMIT}")
    return int(text)


def nanoseconds(text: str) -> int:
    """RFC 3339, or a day, as nanoseconds since 1970. Raises AlpacaProblem."""
    # A plus sign that was not percent-encoded arrives as a space; datetime keeps six digits of a second only.
    fraction = _FRACTION.search(text)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text).replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None:
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid time: RFC 3339 is expected")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp()) * 1_000_000_000 + int(fraction[1].ljust(9, "0")[:9] if fraction else 0)
