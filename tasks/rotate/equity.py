"""The equity rule of a live account: the same account has to show the same money, unless the market explains it.

Without positions equity and cash must be exactly those of the snapshot. With positions equity moves with the market:
the operator sees both figures and says an explicit yes, while cash and quantities must match.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from blocks.errors import StepError
from blocks.issuers.alpaca.block import Account, Position
from blocks.model.rotation import Rotation, Snapshot, Todo
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Pair
from blocks.text import markdown
from tasks.lookout.lookout import Lookout
from tasks.person.ask import ask_openly, name_of
from tasks.person.forms import Signed, choice
from tasks.person.tell_end import GOES_ON, trading
from tasks.rotate.account import quantities
from tasks.rotate.looks import Finding

STEP = Step.EQUITY
YES = "yes, this is our account: go on"
NO = "no, this is not right"
# Account and positions are two answers, a moment apart: prices may move a little between them.
TOLERANCE = Decimal("0.001")


class EquityMoved(Signed):
    """Whether a difference in equity is right."""

    choice: Literal["yes, this is our account: go on", "no, this is not right"] = choice(
        "Is this difference the market's?"
    )


def compared(
    rotation: Rotation, before: Snapshot, account: Account, positions: list[Position], pair: Pair, record: Record
) -> Finding | None:
    """Why the pair is not accepted; None when it is. Raises StepError when the account's money is not the same."""
    held = quantities(positions)
    differences = []
    if Decimal(str(before.cash)) != account.cash:
        differences.append(f"cash {account.cash} instead of {before.cash}")
    if dict(before.positions) != held:
        differences.append(f"positions {_listed(held)} instead of {_listed(dict(before.positions))}")
    if differences:
        raise _changed(account.account_number, differences)
    if Decimal(str(before.equity)) == account.equity:
        record.prove(f"Equity {account.equity} and cash {account.cash} are exactly those of the snapshot.")
        return None
    if not held:
        raise _changed(account.account_number, [f"equity {account.equity} instead of {before.equity}"])
    if _accepted_before(rotation, pair):
        record.prove("The difference in equity was accepted before.")
        return None
    return _asked(rotation, before, positions, account, pair)


def _changed(account_number: str, differences: list[str]) -> StepError:
    return StepError(
        f"The pair opens the right account {account_number}, but its money changed since the snapshot: "
        f"{'; '.join(differences)}.",
        "Find out what moved it (a fill, a transfer, a fee) before anything trades with this pair. Retry when the "
        "figures are the snapshot's again; otherwise stop, stay held, and end it with `rekey ledger close`.",
    )


def _accepted_before(rotation: Rotation, pair: Pair) -> bool:
    rows = recording.step_rows(rotation.id, STEP, subject=pair.fingerprint)
    return any(row.context.get("choice") == YES for row in rows)


def _asked(
    rotation: Rotation, before: Snapshot, positions: list[Position], account: Account, pair: Pair
) -> Finding | None:
    equity = account.equity
    with recorded(rotation, STEP, subject=pair.fingerprint) as record:
        with Lookout(rotation, STEP):
            entry = ask_openly(
                rotation,
                EquityMoved,
                STEP,
                lambda problem: _text(rotation, before, positions, account, problem),
                awaited="your yes to another equity",
            )
        operator = name_of(entry.operator)
        record.decided_by(operator)
        record.note(choice=entry.choice, equity=str(equity), equity_before=before.equity)
        record.prove(f"Equity {equity} instead of {before.equity} with open positions. {operator}: {entry.choice}.")
    if entry.choice == YES:
        return None
    return Finding(
        f"{operator} did not accept that equity is {equity} instead of {before.equity}. Find out why before anything "
        "trades with this pair; then enter it again and accept.",
        todo=Todo.ENTER_AGAIN,
    )


def _listed(held: dict[str, str]) -> str:
    return ", ".join(f"{symbol} {quantity}" for symbol, quantity in sorted(held.items())) or "none"


def _explained(positions: list[Position], account: Account) -> str:
    """Whether cash and what the positions are worth now add up to the equity. Read a moment apart: a cent each."""
    values = [one.market_value for one in positions]
    if any(value is None for value in values):
        return "Alpaca does not say what the positions are worth, so whether prices explain it is unknown."
    worth = account.cash + sum((value for value in values if value is not None), Decimal(0))
    if abs(worth - account.equity) <= TOLERANCE * max(Decimal(1), abs(account.equity)):
        return f"Prices explain it: cash and positions are worth {worth} now."
    return f"Prices do **not** explain it: cash and positions are worth {worth} now."


def _text(
    rotation: Rotation, before: Snapshot, positions: list[Position], account: Account, problem: str | None
) -> str:
    returned = f"### Not yet\n\n{markdown(problem, lines=True)}\n\n" if problem else ""
    stands = trading(rotation)
    moved = account.equity - Decimal(str(before.equity))
    lines = "\n".join(
        f"| {markdown(one.symbol)} | {markdown(one.side)} | {one.qty} | {one.market_value or 'unknown'} |"
        for one in positions
    )
    return f"""{returned}### {rotation.credential.name}: say whether prices explain the new equity

{stands}

The new pair opens the right account **{markdown(before.account_number)}**, with the same cash and the same \
quantities. Its equity is **{account.equity}** and was **{before.equity}** before the click: a difference of \
**{moved:+}** {markdown(before.currency)}.

These positions are open; their prices move it. {_explained(positions, account)}

| symbol | side | quantity | worth now |
|---|---|---:|---:|
{lines}

Say yes only when the market explains the difference. {GOES_ON}
"""
