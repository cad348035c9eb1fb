"""The equity rule of a live account: the same account has to show the same money, unless the market explains it.

Without positions no price moves anything, but interest, a dividend or a fee may be booked while a form is open: the
operator sees the figures and says an explicit yes. With positions equity moves with the market: again a yes, while cash
must match. Quantities must match always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from blocks.errors import StepError
from blocks.issuers.alpaca import booked
from blocks.issuers.alpaca.account import money_of, quantities
from blocks.issuers.alpaca.booked import NO, YES
from blocks.issuers.alpaca.models import Account, Position
from blocks.issuers.terms import Doubt, Wrong
from blocks.model.rotation import Snapshot, Todo
from blocks.model.step import Step
from blocks.proofs import Record
from blocks.text import markdown

# Account and positions are two answers, a moment apart: prices may move a little between them.
TOLERANCE = Decimal("0.001")


def compared(before: Snapshot, account: Account, positions: Sequence[Position], record: Record) -> Doubt | None:
    """What only a person can say of the new figures; None when nothing. Raises StepError when the money changed."""
    money = money_of(before)
    if money is None:
        return None
    equity, cash, had = money
    held = quantities(positions)
    differences = []
    if cash != account.cash and (had or held):
        differences.append(f"cash {account.cash} instead of {cash}")
    if dict(had) != held:
        differences.append(f"positions {_listed(held)} instead of {_listed(had)}")
    if differences:
        raise _changed(account.account_number, differences)
    if (equity, cash) == (account.equity, account.cash):
        record.prove(f"Equity {account.equity} and cash {account.cash} are exactly those of the snapshot.")
        return None
    if not held:
        return booked.doubt(before.subject, equity, cash, account)
    return _doubt(before.subject, str(equity), positions, account)


def _changed(account_number: str, differences: Sequence[str]) -> StepError:
    return StepError(
        f"The pair opens the right account {account_number}, but its money changed since the snapshot: "
        f"{'; '.join(differences)}.",
        "Find out what moved it (a fill, a transfer, a fee) before anything trades with this pair. Retry when the "
        "figures are the snapshot's again; otherwise stop, stay held, and end it with `rekey ledger close`.",
    )


def _doubt(number: str, was: str, positions: Sequence[Position], account: Account) -> Doubt:
    now = account.equity
    return Doubt(
        about=Step.EQUITY,
        heading="say whether prices explain the new equity",
        text=_text(number, was, positions, account),
        asks="Say yes only when the market explains the difference.",
        spares="",
        question="Is this difference the market's?",
        yes=YES,
        no=NO,
        awaited="your yes to another equity",
        facts={"equity": str(now), "equity_before": was},
        binding=(),
        seen=f"Equity {now} instead of {was} with open positions.",
        said_before="The difference in equity was accepted before.",
        means=Wrong(
            f"did not accept that equity is {now} instead of {was}. Find out why before anything "
            "trades with this pair; then enter it again and accept.",
            todo=Todo.ENTER_AGAIN,
        ),
    )


def _listed(held: Mapping[str, str]) -> str:
    return ", ".join(f"{symbol} {quantity}" for symbol, quantity in sorted(held.items())) or "none"


def explained(positions: Sequence[Position], account: Account) -> str:
    """Whether cash and what the positions are worth now add up to the equity. Read a moment apart: a cent each."""
    values = [one.market_value for one in positions]
    if any(value is None for value in values):
        return "Alpaca does not say what the positions are worth, so whether prices explain it is unknown."
    worth = account.cash + sum((value for value in values if value is not None), Decimal(0))
    if abs(worth - account.equity) <= TOLERANCE * max(Decimal(1), abs(account.equity)):
        return f"Prices explain it: cash and positions are worth {worth} now."
    return f"Prices do **not** explain it: cash and positions are worth {worth} now."


def _text(number: str, was: str, positions: Sequence[Position], account: Account) -> str:
    moved = account.equity - Decimal(was)
    lines = "\n".join(
        f"| {markdown(one.symbol)} | {markdown(one.side)} | {one.qty} | {one.market_value or 'unknown'} |"
        for one in positions
    )
    return f"""The new pair opens the right account **{markdown(number)}**, with the same cash and the same \
quantities. Its equity is **{account.equity}** and was **{was}** before the click: a difference of \
**{moved:+}** {markdown(account.currency)}.

These positions are open; their prices move it. {explained(positions, account)}

| symbol | side | quantity | worth now |
|---|---|---:|---:|
{lines}"""
