"""Why the simulated Alpaca refuses entries and exits that belong together (pages and captures read 2026-11-29)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from deployments.sandbox.alpaca.holds import intent_of
from deployments.sandbox.alpaca.orders import INVALID_STATE, AlpacaProblem, SandboxOrder, plain
from deployments.sandbox.alpaca.state import Market, SandboxPosition

_STOP = "stop_loss.stop_price"
_CENT = Decimal("0.01")
# What an order of each class is for.
_PURPOSES = {"bracket": "entry", "oto": "entry", "oco": "exit"}


def refuse_purpose(order: SandboxOrder, positions: Mapping[str, SandboxPosition]) -> None:
    """Raise AlpacaProblem when an entry would close a position, or an exit would close none.

    Of the bracket's and the oco's words captures are known (alpaca-trade-api-js#248; 2026-07), and of one of them the
    code; the rest is inferred from these.
    """
    purpose = _PURPOSES.get(order.order_class)
    if purpose is None or order.parent_id is not None:
        return
    closes = intent_of(order, positions).endswith("close")
    if closes != (purpose == "exit"):
        raise AlpacaProblem(422, INVALID_STATE, f"{order.order_class} orders must be {purpose} orders")


def refuse_exits(market: Market, entry: SandboxOrder, exits: list[SandboxOrder]) -> None:
    """Raise AlpacaProblem when an exit would be there at once, or lasts otherwise than Alpaca has it.

    A stop has to be beyond the entry's limit, or that of an oco order, and beyond the price of now (documented).
    The messages are from public captures (of the stop's one, another wording of 2021 is known too); that they are
    turned around for a sale, and the words about how long it lasts, are inferred.
    """
    if not exits:
        return
    if entry.time_in_force not in {"day", "gtc"}:
        message = f"the sandbox wants {entry.order_class} orders for the day or until cancelled"
        raise AlpacaProblem(422, INVALID_STATE, message)
    price = market.price(entry.symbol)
    base = entry.limit_price or price
    for leg in exits:
        if leg.type == "limit":
            _refuse_within(leg.limit_price, "take_profit.limit_price", base, above=entry.side == "buy")
        else:
            above = leg.side == "buy"
            _refuse_within(leg.stop_price, _STOP, max(base, price) if above else min(base, price), above=above)


def _refuse_within(price: Decimal | None, name: str, base: Decimal, *, above: bool) -> None:
    bound = base + _CENT if above else base - _CENT
    if price is not None and (price < bound if above else price > bound):
        words = ">= base_price + 0.01" if above else "<= base_price - 0.01"
        raise AlpacaProblem(422, INVALID_STATE, f"{name} must be {words}", base_price=plain(base))
