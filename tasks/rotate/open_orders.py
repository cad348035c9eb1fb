"""Open orders before a live rotation: there must be none, because nobody could cancel them while the key is dead.

The operator sees them and chooses: cancel them now, wait and look again, or stop here. A check order that an earlier
rotation left is cancelled without asking.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from blocks.answer import Answer
from blocks.errors import Stopped, Transient, VendorError
from blocks.issuers.alpaca.block import AlpacaClient, Order
from blocks.ledger import lease
from blocks.ledger.ledger import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.recording import NOTED
from blocks.proofs import Record, still_waiting_for
from blocks.secret import Pair
from blocks.settings import read_settings
from blocks.text import markdown
from blocks.wire.poll import wait_for
from tasks.lookout.lookout import Lookout
from tasks.person.ask import ask_openly, name_of
from tasks.person.forms import Signed, choice
from tasks.person.tell_end import trading
from tasks.rotate.check_order import is_check_order, left_open

STEP = Step.SNAPSHOT
GONE_TIMEOUT_S = 30.0
CANCEL = "cancel them now"
LOOK_AGAIN = "I dealt with them, look again"
STOP = "stop here, trading goes on"


class OpenOrders(Signed):
    """What to do about open orders."""

    choice: Literal["cancel them now", "I dealt with them, look again", "stop here, trading goes on"] = choice(
        "What shall rekey do?"
    )


def none_left(rotation: Rotation, client: AlpacaClient, pair: Pair, record: Record) -> None:
    """Return when the account has no open order. Raises Stopped when the operator stops, and Alpaca's errors."""
    problem: str | None = None
    while True:
        orders = client.open_orders(pair)
        ours = [one for one in orders if is_check_order(one)]
        if ours:
            _cancel_ours(client, pair, ours)
            record.prove(f"{len(ours)} check orders of an earlier rotation were open; they are cancelled and gone.")
            continue
        if not orders:
            return
        text = partial(_text, rotation, _table(orders), len(orders))
        with Lookout(rotation, STEP):
            entry = ask_openly(
                rotation,
                OpenOrders,
                STEP,
                text,
                problem=problem,
                awaited="your choice about open orders",
            )
        operator = name_of(entry.operator)
        _write_down(rotation, entry.choice, operator)
        if entry.choice == STOP:
            raise Stopped(f"{operator} stopped here because {_are(len(orders))} open.", "No key was touched.")
        problem = None
        if entry.choice == CANCEL:
            problem = _cancelled(client, pair, partial(client.cancel_all_orders, pair), orders)
            if problem is None:
                record.prove(f"{len(orders)} open orders were cancelled, as {operator} chose; Alpaca shows them gone.")


def _write_down(rotation: Rotation, choice: str, operator: str) -> None:
    """The step's own row is by rekey; what a person decided in it is by that person."""
    proofs = [f"{operator} chose: {choice}."]
    context = {"step": STEP, "outcome": NOTED, "choice": choice, "operator": operator, "proofs": proofs}
    recording.write(rotation, Action.STEP, context, operator=operator)


def no_check_order_left(rotation: Rotation, pair: Pair, record: Record) -> None:
    """Cancel every open check order, also one that was placed with another pair of the account, and see it gone.

    Raises Transient when one stays open, and Alpaca's errors.
    """
    with estate.alpaca().get_client(rotation.credential.environment) as client:
        ours = left_open(rotation, client.open_orders(pair))
        if ours:
            _cancel_ours(client, pair, ours)
            record.prove(f"{len(ours)} check orders of an earlier try were open; they are cancelled and gone.")


def _cancel_ours(client: AlpacaClient, pair: Pair, ours: Sequence[Order]) -> None:
    stuck = _cancelled(client, pair, partial(_cancel_each, client, pair, ours), ours)
    if stuck is not None:
        raise Transient(
            f"Alpaca: check orders of rekey: {stuck}",
            "Cancel them in Alpaca's dashboard if that goes on; rekey tries again.",
        )


def _cancelled(client: AlpacaClient, pair: Pair, cancel: Callable[[], None], orders: Sequence[Order]) -> str | None:
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


def _cancel_each(client: AlpacaClient, pair: Pair, orders: Sequence[Order]) -> None:
    for one in orders:
        client.cancel_order(pair, one.id)


def _are(count: int) -> str:
    return "1 order is" if count == 1 else f"{count} orders are"


def _table(orders: Sequence[Order]) -> str:
    now = datetime.now(UTC)
    lines = ["| symbol | side | quantity | type | age |", "|---|---|---:|---|---|"]
    for one in orders:
        minutes = int((now - one.submitted_at).total_seconds() // 60)
        age = (
            f"{minutes // 1440} d" if minutes >= 2880 else f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"
        )
        cells = (one.symbol or "(several legs)", one.side, str(one.qty or "-"), one.type, age)
        lines.append(f"| {' | '.join(map(markdown, cells))} |")
    return "\n".join(lines)


def _text(rotation: Rotation, listed: str, count: int, problem: str | None) -> str:
    returned = f"### Not done\n\n{markdown(problem, lines=True)}\n\n" if problem else ""
    return f"""{returned}### {rotation.credential.name}: choose what becomes of the open orders

{trading(rotation)}

No key was touched yet, and {_are(count)} open. While a key is regenerated nobody can cancel an order, so none may be \
open:

{listed}

- **{CANCEL}**: rekey cancels all of them and goes on when Alpaca shows them gone.
- **{LOOK_AGAIN}**: rekey asks Alpaca once more.
- **{STOP}**: rekey releases the brakes that it engaged, and this rotation is over.
"""
