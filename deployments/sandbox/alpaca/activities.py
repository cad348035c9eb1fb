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
from deployments.sandbox.alpaca.orders import BAD_PARAMETER, AlpacaProblem, Execution, SandboxOrder, plain, timestamp

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
    newest_first = query.get("direction", "desc") != "asc"
    filled = [(order, part) for order in orders for part in _parts(order)]
    filled.sort(key=lambda pair: (pair[1].at_ns, pair[0].sequence, pair[1].filled_qty), reverse=newest_first)
    rows = [fill_view(order, part) for order, part in filled if _is_within(part.at_ns, query)]
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


def _parts(order: SandboxOrder) -> list[Execution]:
    """How it was filled. One that was only said to be filled was filled as a whole."""
    if order.executions or not order.filled_qty:
        return order.executions
    stamp = order.stamps.get("filled_at")
    moment = nanoseconds(stamp) if stamp else order.submitted_ns
    identifier = str(uuid.uuid5(uuid.NAMESPACE_OID, order.id))
    return [Execution(order.filled_avg_price or Decimal(0), order.filled_qty, order.filled_qty, moment, identifier)]


def fill_view(order: SandboxOrder, part: Execution) -> dict[str, Any]:
    """One activity of type FILL. What follows the time in its id is the execution's own id, not the order's."""
    local = datetime.fromtimestamp(part.at_ns // 1_000_000_000, UTC).astimezone(EASTERN)
    left = max((order.qty or order.filled_qty) - part.filled_qty, Decimal(0))
    is_part = bool(left) or part.filled_qty != order.filled_qty or order.status == "partially_filled"
    return {
        "id": f"{local:%Y%m%d%H%M%S}{part.at_ns // 1_000_000 % 1000:03d}::{part.id}",
        "activity_type": _FILL,
        "transaction_time": timestamp(part.at_ns),
        "type": "partial_fill" if is_part else "fill",
        "price": plain(part.price),
        "qty": plain(part.qty),
        "cum_qty": plain(part.filled_qty),
        "leaves_qty": plain(left),
        "side": order.side,
        "symbol": order.symbol,
        "order_id": order.id,
        "order_status": "partially_filled" if is_part else order.status,
    }
