"""Open orders before a live rotation: there must be none, because nobody could cancel them while the key is dead.

The operator sees them and chooses. A check order that an earlier rotation left is cancelled without asking.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from blocks.answer import Answer
from blocks.errors import StepError, Transient, VendorError
from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.models import Order
from blocks.issuers.terms import Obstacle, Remedy
from blocks.ledger import lease
from blocks.proofs import Record, still_waiting_for
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.text import markdown
from blocks.wire.poll import wait_for

GONE_TIMEOUT_S = 30.0
CANCEL = "cancel them now"
LOOK_AGAIN = "I dealt with them, look again"
# How every check order's own ID begins, whichever rotation placed it.
PREFIX = "rekey-"
Connect = Callable[[], AlpacaClient]


def is_check_order(order: Order) -> bool:
    """Whether rekey placed it, by its ID. One that is open was left by a rotation that was killed."""
    return order.client_order_id.startswith(PREFIX)


def in_the_way(connect: Connect, pair: Minted, record: Record) -> Obstacle | None:
    """What a person has to decide about; None when the account has no open order. Raises Alpaca's errors."""
    with connect() as client:
        orders = client.open_orders(pair)
        while ours := [one for one in orders if is_check_order(one)]:
            cancel_ours(client, pair, ours)
            record.prove(f"{len(ours)} check orders of an earlier rotation were open; they are cancelled and gone.")
            orders = client.open_orders(pair)
    return obstacle_of(connect, pair, orders) if orders else None


def obstacle_of(connect: Connect, pair: Minted, orders: Sequence[Order]) -> Obstacle:
    """These open orders, and what may become of them."""
    return Obstacle(
        heading="choose what becomes of the open orders",
        text=_text(orders),
        told=f"{_are(len(orders))} open",
        awaited="your choice about open orders",
        remedies=(
            Remedy(
                CANCEL,
                "rekey cancels all of them and goes on when Alpaca shows them gone.",
                partial(_cancel_all, connect, pair, orders),
            ),
            Remedy(LOOK_AGAIN, "rekey asks Alpaca once more."),
        ),
    )


def demand_no_check_order(connect: Connect, pair: Minted) -> str:
    """No check order of rekey is open. Raises StepError."""
    with connect() as client:
        left = [order for order in client.open_orders(pair) if is_check_order(order)]
    if left:
        named = ", ".join(order.client_order_id for order in left)
        raise StepError(
            f"Check orders of rekey are open: {named}.",
            "Cancel them in Alpaca's dashboard; the next rotation would do so, too.",
        )
    return "No check order of rekey is open."


def cancel_ours(client: AlpacaClient, pair: Minted, ours: Sequence[Order]) -> None:
    """Cancel check orders, and see them gone. Raises Transient when one stays open, and Alpaca's errors."""
    stuck = _cancelled(client, pair, partial(_cancel_each, client, pair, ours), ours)
    if stuck is not None:
        raise Transient(
            f"Alpaca: check orders of rekey: {stuck}",
            "Cancel them in Alpaca's dashboard if that goes on; rekey tries again.",
        )


def _cancel_all(connect: Connect, pair: Minted, orders: Sequence[Order], operator: str, record: Record) -> str | None:
    """Cancel every open order, as the operator chose; a sentence when some stay."""
    with connect() as client:
        problem = _cancelled(client, pair, partial(client.cancel_all_orders, pair), orders)
    if problem is None:
        record.prove(f"{len(orders)} open orders were cancelled, as {operator} chose; Alpaca shows them gone.")
    return problem


def _cancelled(client: AlpacaClient, pair: Minted, cancel: Callable[[], None], orders: Sequence[Order]) -> str | None:
    """Cancel them, and wait until Alpaca shows none of them as open; a sentence when some stay."""
    lease.prove()
    try:
        cancel()
    except VendorError as error:
        return f"{_are(len(orders))} still open: {error}"
    left = {one.id for one in orders}

    def gone() -> Answer:
        nonlocal left
        left &= {one.id for one in client.open_orders(pair)}
        return Answer.NO if left else Answer.YES

    wait_for(
        gone,
        timeout_s=GONE_TIMEOUT_S,
        interval_s=max(1.0, read_settings().probe_interval_s),
        report=still_waiting_for("the orders to be gone"),
    )
    return f"{_are(len(left))} still open after {GONE_TIMEOUT_S:.0f} s." if left else None


def _cancel_each(client: AlpacaClient, pair: Minted, orders: Sequence[Order]) -> None:
    for one in orders:
        client.cancel_order(pair, one.id)


def _are(count: int) -> str:
    return "1 order is" if count == 1 else f"{count} orders are"


def table(orders: Sequence[Order], now: datetime) -> str:
    """Markdown: what a person needs to decide about each."""
    lines = ["| symbol | side | quantity | type | age |", "|---|---|---:|---|---|"]
    for one in orders:
        minutes = int((now - one.submitted_at).total_seconds() // 60)
        age = (
            f"{minutes // 1440} d" if minutes >= 2880 else f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"
        )
        cells = (one.symbol or "(several legs)", one.side, str(one.qty or "-"), one.type, age)
        lines.append(f"| {' | '.join(map(markdown, cells))} |")
    return "\n".join(lines)


def _text(orders: Sequence[Order]) -> str:
    return f"""No key was touched yet, and {_are(len(orders))} open. While a key is regenerated nobody can cancel an \
order, so none may be open:

{table(orders, datetime.now(UTC))}"""
