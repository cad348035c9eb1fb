"""Check orders that an earlier try left: known by their ID or by their looks, and cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from blocks.issuers.alpaca.models import Order
from blocks.issuers.alpaca.open_orders import PREFIX, Connect, cancel_ours, is_check_order
from blocks.issuers.alpaca.table import check_order_of
from blocks.issuers.terms import WriteProbe

# Alpaca's clock and this one.
CLOCKS_DIFFER_BY = timedelta(minutes=1)


def is_asked_for(probe: WriteProbe) -> bool:
    """Whether the catalog asks for one, and an application is there through which it is placed."""
    return check_order_of(probe.credential).kind != "none" and probe.application is not None


def client_order_id(probe: WriteProbe) -> str:
    """The new pair's fingerprint is in it: a rotation that needs a second pair needs a second order."""
    return f"{PREFIX}{probe.rotation}-{probe.pair.fingerprint}"


def left_open(probe: WriteProbe, orders: Sequence[Order]) -> list[Order]:
    """Those of these open orders that rekey placed, with this rotation's pair or another one."""
    return [one for one in orders if is_check_order(one) or _looks_like_it(probe, one)]


def _looks_like_it(probe: WriteProbe, order: Order) -> bool:
    """Only a limit far from the market is unlike what anybody else places; a market order may be somebody's."""
    check = check_order_of(probe.credential)
    wanted = ("limit", check.symbol, "buy", Decimal(check.quantity), Decimal(check.limit_price))
    is_alike = (order.type, order.symbol, order.side, order.qty, order.limit_price) == wanted
    return check.kind == "limit" and is_alike and order.submitted_at >= probe.started_at - CLOCKS_DIFFER_BY


def demand_none_left(connect: Connect, probe: WriteProbe) -> None:
    """Cancel every open check order, also one that was placed with another pair of the account, and see it gone.

    Raises Transient when one stays open, and Alpaca's errors.
    """
    with connect() as client:
        ours = left_open(probe, client.open_orders(probe.pair))
        if ours:
            cancel_ours(client, probe.pair, ours)
            probe.record.prove(f"{len(ours)} check orders of an earlier try were open; they are cancelled and gone.")


def placed_before(connect: Connect, probe: WriteProbe) -> str | None:
    """The ID of the check order of an earlier attempt, whose answer may have been lost. Raises Alpaca's errors."""
    if not is_asked_for(probe):
        return None
    with connect() as alpaca:
        order = alpaca.order_by_client_id(probe.pair, client_order_id(probe))
    if order:
        return order.id
    # One that ended as it should not is not placed again, also when the application dropped its ID.
    return probe.told[-1] if probe.told else None
