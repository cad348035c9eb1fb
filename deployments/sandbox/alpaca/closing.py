"""One position of the simulated Alpaca, closing positions, and replacing orders (OpenAPI 2.0.1, read 2026-11-27).

The messages are from public captures ("position does not exist", "symbol not found", that of an advanced order's
quantity) and, of orders that are replaced, from Alpaca's page "Options Trading Overview" (of 2026-09-16), which a
capture of shares confirms.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.asked import body_of, is_id, is_true, order_named
from deployments.sandbox.alpaca.assets import asset_id, is_asset, is_crypto, pair_of
from deployments.sandbox.alpaca.market import Handlers
from deployments.sandbox.alpaca.orders import (
    BAD_PARAMETER,
    CLOSED_STATUSES,
    FINEST,
    INVALID_STATE,
    NOT_FOUND,
    AlpacaProblem,
    SandboxOrder,
    is_fine,
    plain,
)
from deployments.sandbox.alpaca.reading import read_order
from deployments.sandbox.alpaca.rules import refuse_order
from deployments.sandbox.alpaca.state import SandboxPosition
from deployments.sandbox.alpaca.views import position_view

if TYPE_CHECKING:
    from deployments.sandbox.alpaca.account import SandboxAccount

# An order in one of these waits for somebody else, and cannot be replaced. One that is held can: the exits of a bracket
# order are documented to be replaceable, and one of them is held all the time.
_NOT_REPLACEABLE = CLOSED_STATUSES | {"accepted", "pending_new", "pending_cancel", "pending_replace"}
_CHANGEABLE = ("qty", "limit_price", "stop_price", "time_in_force")


def handlers() -> Handlers:
    """By path and method."""
    return {
        "/v2/positions": {"DELETE": _close_all},
        "/v2/positions/{wanted}": {"GET": _position, "DELETE": _close},
        "/v2/positions/{coin}/{money}": {"GET": _position, "DELETE": _close},
        "/v2/orders/{order_id}": {"PATCH": _replace},
    }


def _held(account: SandboxAccount, wanted: str) -> SandboxPosition:
    symbol = pair_of(wanted.upper()) or wanted.upper()
    for held in account.positions.values():
        if symbol == held.symbol or wanted == asset_id(held.symbol):
            return held
    if not is_asset(symbol) and not is_id(wanted):
        raise AlpacaProblem(404, NOT_FOUND, f"symbol not found: {wanted}")
    raise AlpacaProblem(404, NOT_FOUND, "position does not exist")


async def _position(account: SandboxAccount, request: Request) -> Response:
    return JSONResponse(position_view(account, _held(account, "/".join(request.path_params.values()))))


async def _close(account: SandboxAccount, request: Request) -> Response:
    held = _held(account, "/".join(request.path_params.values()))
    answer = JSONResponse(_close_order(account, held, _part(held, request)).as_json())
    account.settle()
    return answer


async def _close_all(account: SandboxAccount, request: Request) -> Response:
    if is_true(request.query_params, "cancel_orders"):
        account.cancel_all()
    answers: list[dict[str, Any]] = []
    for held in list(account.positions.values()):
        try:
            body, status = _close_order(account, held, abs(held.qty)).as_json(), 200
        except AlpacaProblem as problem:
            body, status = problem.body, problem.status
        answers.append({"symbol": held.symbol, "status": status, "body": body})
    account.settle()
    return JSONResponse(answers, 207)


def _close_order(account: SandboxAccount, held: SandboxPosition, qty: Decimal) -> SandboxOrder:
    side = "sell" if held.qty > 0 else "buy"
    lasts = "gtc" if is_crypto(held.symbol) else "day"
    market = {"symbol": held.symbol, "side": side, "type": "market", "time_in_force": lasts, "qty": plain(qty)}
    return account.place(market)


def _part(held: SandboxPosition, request: Request) -> Decimal:
    """How much is to be closed: to nine decimals, and of whole shares whole ones (documented of a percentage).

    In which words another part is refused, and that what is left of a share is rounded down, is inferred.
    """
    qty, percentage = request.query_params.get("qty"), request.query_params.get("percentage")
    if qty is not None and percentage is not None:
        raise AlpacaProblem(422, BAD_PARAMETER, "qty and percentage are mutually exclusive")
    try:
        wanted = Decimal(qty if qty is not None else percentage or "100")
    except InvalidOperation:
        wanted = Decimal("NaN")
    if not wanted.is_finite() or wanted <= 0 or (qty is None and wanted > 100) or not is_fine(wanted):
        raise AlpacaProblem(422, BAD_PARAMETER, "invalid qty or percentage")
    if qty is not None:
        return wanted
    is_whole = held.qty == held.qty.to_integral_value()
    part = (abs(held.qty) * wanted / 100).quantize(Decimal(1) if is_whole else FINEST, ROUND_DOWN)
    if not part:
        raise AlpacaProblem(422, BAD_PARAMETER, "qty must be > 0")
    return part


async def _replace(account: SandboxAccount, request: Request) -> Response:
    """The old order becomes replaced, and a new one with another id takes its place in the market."""
    old, asked = order_named(account.orders, request), await body_of(request)
    _refuse_replacement(old)
    new = _changed(old, asked)
    _refuse_changes(old, new)
    refuse_order(account, new, instead_of=old)
    new.status = "held" if old.status == "held" else account.status_of_new(new.symbol)
    new.replaces, new.sequence = old.id, len(account.orders)
    old.replaced_by = new.id
    old.close("replaced", "replaced_at")
    account.tell(old)
    for leg in account.orders:
        leg.parent_id = new.id if leg.parent_id == old.id else leg.parent_id
    account.orders.append(new)
    account.tell(new)
    answer = JSONResponse(new.as_json())
    account.settle()
    return answer


def _refuse_replacement(old: SandboxOrder) -> None:
    if old.status == "replaced":
        raise AlpacaProblem(422, INVALID_STATE, "order already replaced")
    if old.status in _NOT_REPLACEABLE:
        raise AlpacaProblem(422, INVALID_STATE, f"cannot replace order in {old.status} status")
    if old.notional is not None:
        raise AlpacaProblem(422, INVALID_STATE, "unable to replace order in current state")


def _refuse_changes(old: SandboxOrder, new: SandboxOrder) -> None:
    if all(getattr(old, name) == getattr(new, name) for name in (*_CHANGEABLE, "trail_price", "trail_percent")):
        raise AlpacaProblem(422, INVALID_STATE, "order parameters are not changed")
    if new.qty != old.qty and old.order_class in {"bracket", "oco", "oto"}:
        raise AlpacaProblem(422, INVALID_STATE, "qty cannot be changed for advanced orders")
    if new.qty is not None and new.qty <= old.filled_qty:
        raise AlpacaProblem(422, INVALID_STATE, "qty must be > filled_qty")


def _changed(old: SandboxOrder, asked: dict[str, Any]) -> SandboxOrder:
    """The order with what was asked for; everything else stays, its group and the mark of a trailing stop too.

    ``trail`` is the price or the percentage, whichever the order has (documented).
    """
    changes = {name: asked[name] for name in _CHANGEABLE if asked.get(name) is not None}
    shown = {name: value for name, value in old.as_json().items() if value is not None}
    if old.type == "trailing_stop":
        # Derived from the mark, whoever asks for another one.
        changes.pop("stop_price", None)
        shown.pop("stop_price", None)
        if asked.get("trail") is not None:
            changes["trail_price" if old.trail_price is not None else "trail_percent"] = asked["trail"]
    fresh = {"client_order_id": asked.get("client_order_id") or made_up.identifier(), "order_class": ""}
    new = read_order({**shown, **changes, **fresh})
    new.order_class, new.parent_id = old.order_class, old.parent_id
    if old.hwm is not None:
        new.trail(old.hwm)
    return new
