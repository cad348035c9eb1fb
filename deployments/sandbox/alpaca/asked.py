"""What a request to the simulated Alpaca names, an order or any other thing, and the object that it carries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request

from deployments.sandbox.alpaca.orders import BAD_PARAMETER, FORMAT, NOT_FOUND, AlpacaProblem, SandboxOrder
from deployments.sandbox.json_body import parsed

_YES, _NO = {"1", "t", "T", "true", "True", "TRUE"}, {"0", "f", "F", "false", "False", "FALSE"}


def order_of(orders: Iterable[SandboxOrder], name: str, value: str) -> SandboxOrder:
    """The order with this id or client_order_id. Raises AlpacaProblem (404)."""
    for order in orders:
        if getattr(order, name) == value:
            return order
    raise AlpacaProblem(404, NOT_FOUND, f"order not found for {value}")


def order_named(orders: Iterable[SandboxOrder], request: Request) -> SandboxOrder:
    """The order that the path names. Raises AlpacaProblem: 422 for what is no UUID (Alpaca-API#135), 404."""
    wanted = str(request.path_params["order_id"])
    if not is_id(wanted):
        raise AlpacaProblem(422, BAD_PARAMETER, "order_id is missing")
    return order_of(orders, "id", wanted)


def is_id(text: str) -> bool:
    """Whether it is the id of anything: a UUID."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def is_true(query: Mapping[str, str], name: str) -> bool:
    """A yes or no of a query. Raises AlpacaProblem (422), of one name documented with this code (2026-11).

    The words, and that it may be written in all the ways that Go's own reader takes, are inferred.
    """
    text = query.get(name) or "false"
    if text not in _YES | _NO:
        raise AlpacaProblem(422, BAD_PARAMETER, f"invalid {name}")
    return text in _YES


async def body_of(request: Request) -> dict[str, Any]:
    """The object that a request carries, whatever its content type. Raises AlpacaProblem (400, a public capture)."""
    try:
        body = parsed(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise AlpacaProblem(400, FORMAT, "request body format is invalid")
    return body
