"""Money that was booked while a form was open: the account is the right one, holds nothing, and has another amount.

Interest, a dividend or a fee never goes back, so to wait for the snapshot's figures would be to wait for ever, with the
application on a dead pair. That nothing else moved it only a person can say.
"""

from __future__ import annotations

from decimal import Decimal

from blocks.issuers.alpaca.models import Account
from blocks.issuers.terms import Doubt, Wrong
from blocks.model.rotation import Todo
from blocks.model.step import Step
from blocks.text import markdown

YES = "yes, this is our account: go on"
NO = "no, this is not right"


def doubt(number: str, equity: Decimal, cash: Decimal, account: Account) -> Doubt:
    """What to ask of it. A yes is good for these very figures: more that is booked is asked about again."""
    told = f"equity is {account.equity} instead of {equity} and cash {account.cash} instead of {cash}"
    facts = {"equity": account.equity, "equity_before": equity, "cash": account.cash, "cash_before": cash}
    return Doubt(
        about=Step.EQUITY,
        heading="say whether you know what moved its money",
        text=_text(number, equity, cash, account),
        asks="Say yes only when you saw there what was booked.",
        spares="",
        question="Do you know what moved the money?",
        yes=YES,
        no=NO,
        awaited="your yes to another equity",
        facts={name: str(value) for name, value in facts.items()},
        binding=("equity", "cash"),
        seen=f"{told[0].upper()}{told[1:]}, and no position is open.",
        said_before="The difference in equity and cash was accepted before.",
        means=Wrong(
            f"did not accept that {told}. Find out what moved it (a fill, a transfer) before anything trades with this "
            "pair; then enter it again and accept.",
            todo=Todo.ENTER_AGAIN,
        ),
    )


def _text(number: str, equity: Decimal, cash: Decimal, account: Account) -> str:
    rows = (("equity", equity, account.equity), ("cash", cash, account.cash))
    lines = "\n".join(f"| {name} | {was} | **{now}** | {now - was:+} |" for name, was, now in rows)
    return f"""The new pair opens the right account **{markdown(number)}**, which holds no position, as before the \
click. But its money is not what it was, in {markdown(account.currency)}:

| | before the click | now | difference |
|---|---:|---:|---:|
{lines}

No price explains that. Interest, a dividend, a fee or a transfer may have been booked meanwhile: look at the \
account's activities in Alpaca's dashboard."""
