"""The simulated Alpaca's account activities (OpenAPI 2.0.1, read 2026-11-29): orders that filled, and no others.

A page ends with the activity whose id is the next ``page_token``. The digits of an id are the time in New York, which
no sentence says: in the examples of the documents they are four or five hours behind the ``transaction_time``.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox.alpaca.hours import EASTERN
from deployments.sandbox.alpaca.listing import nanoseconds
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, AlpacaProblem, SandboxOrder, plain, timestamp

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount
    from deployments.sandbox.alpaca.market import Handlers

PAGE_SIZE = 100
_FILL = "FILL"
# Those of OpenAPI 2.0.1. The text for another one is from a capture (2020) of the path; of the parameter, inferred.
_TYPES = frozenset(
    (
        *(_FILL, "TRANS", "MISC", "ACATC", "ACATS", "CFEE", "CGD", "CSD", "CSW", "DIV", "DIVCGL", "DIVCGS", "DIVFEE"),
        *("DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX", "FEE", "INT", "INTNRA", "INTTW", "JNL", "JNLC", "JNLS"),
        *("MA", "NC", "OPASN", "OPCA", "OPCSH", "OPEXC", "OPEXP", "OPTRD", "PTC", "PTR", "REORG", "SPIN", "SPLIT"),
        "FOPT",
    )
)


def handlers() -> Handlers:
    """By path and method."""
    return {
        "/v2/account/activities": {"GET": _activities},
        "/v2/account/activities/{activity_type}": {"GET": _of_one_type},
    }


async def _activities(account: SandboxAccount, request: Request) -> Response:
    query = request.query_params
    types = [one for one in query.get("activity_types", "").split(",") if one]
    _refuse_unknown(types)
    if types and "category" in query:
        # Documented; with which words is not.
        raise AlpacaProblem(422, BAD_PARAMETER, "category cannot be used with activity_types")
    wanted = (not types or _FILL in types) and query.get("category", "trade_activity") == "trade_activity"
    return JSONResponse(select_fills(account.orders if wanted else [], query))


async def _of_one_type(account: SandboxAccount, request: Request) -> Response:
    _refuse_unknown([request.path_params["activity_type"]])
    wanted = request.path_params["activity_type"] == _FILL
    return JSONResponse(select_fills(account.orders if wanted else [], request.query_params))


def _refuse_unknown(types: list[str]) -> None:
    for unknown in [one for one in types if one not in _TYPES]:
        raise AlpacaProblem(422, BAD_PARAMETER, f"invalid activity type: {unknown}")


def select_fills(orders: list[SandboxOrder], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """One page, the newest first unless ``direction`` is asc. Raises AlpacaProblem (422, 40010001).

    ``after`` and ``until`` are taken as exclusive, like those of the orders, and a date as its midnight in UTC.
    """
    filled = [order for order in orders if order.filled_qty]
    filled.sort(key=lambda order: (_filled_ns(order), order.sequence), reverse=query.get("direction", "desc") != "asc")
    rows = [fill_view(order) for order in filled if _is_within(_filled_ns(order), query)]
    first = 0
    if "page_token" in query:
        ids = [row["id"] for row in rows]
        if query["page_token"] not in ids:
            raise AlpacaProblem(422, BAD_PARAMETER, "invalid page_token")
        first = ids.index(query["page_token"]) + 1
    return rows[first : first + _page_size(query)]


def _is_within(moment: int, query: Mapping[str, str]) -> bool:
    return (
        ("after" not in query or moment > nanoseconds(query["after"]))
        and ("until" not in query or moment < nanoseconds(query["until"]))
        and ("date" not in query or timestamp(moment)[:10] == timestamp(nanoseconds(query["date"]))[:10])
    )


def _page_size(query: Mapping[str, str]) -> int:
    text = query.get("page_size", str(PAGE_SIZE))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= PAGE_SIZE:
        raise AlpacaProblem(422, BAD_PARAMETER, f"page_size must be between 1 and {PAGE_SIZE}")
    return int(text)


def _filled_ns(order: SandboxOrder) -> int:
    stamp = order.stamps.get("filled_at")
    return nanoseconds(stamp) if stamp else order.submitted_ns


def fill_view(order: SandboxOrder) -> dict[str, Any]:
    """One activity of type FILL. What follows the time in its id is the execution's own id, not the order's."""
    moment = _filled_ns(order)
    local = datetime.fromtimestamp(moment // 1_000_000_000, UTC).astimezone(EASTERN)
    left = max((order.qty or order.filled_qty) - order.filled_qty, Decimal(0))
    return {
        "id": f"{local:%Y%m%d%H%M%S}{moment // 1_000_000 % 1000:03d}::{uuid.uuid5(uuid.NAMESPACE_OID, order.id)}",
        "activity_type": _FILL,
        "transaction_time": timestamp(moment),
        "type": "partial_fill" if left else "fill",
        "price": plain(order.filled_avg_price or Decimal(0)),
        "qty": plain(order.filled_qty),
        "cum_qty": plain(order.filled_qty),
        "leaves_qty": plain(left),
        "side": order.side,
        "symbol": order.symbol,
        "order_id": order.id,
        "order_status": order.status,
    }
