"""A live account of which nothing is known: nothing can be compared, so a person looks at its number."""

from __future__ import annotations

from blocks.issuers.alpaca.models import Account
from blocks.issuers.terms import Doubt, Wrong
from blocks.model.rotation import Todo
from blocks.model.step import Step
from blocks.text import markdown

YES = "yes, this is our account: go on"
NO = "no, this is not our account"


def unknown(name: str, realm: str, account: Account) -> Doubt:
    """Whether the account that the new pair of credential ``name`` opens is the right one."""
    number = account.account_number
    return Doubt(
        about=Step.UNKNOWN_ACCOUNT,
        heading="say whether this is the right account",
        text=f"""The new pair opens {realm} account **{markdown(number)}** (created \
{account.created_at:%Y-%m-%d}, {markdown(account.currency)}, equity {account.equity}).

The old pair was dead before rekey could look at its account, and neither the catalog nor the ledger knows a number: \
nothing can be compared. Compare the number with a statement of Alpaca's, not with the dashboard tab in which you \
clicked.""",
        asks="",
        spares=f"With `account_number` of {name} in the catalog this is not asked again.",
        question="Is this the account that is traded with?",
        yes=YES,
        no=NO,
        awaited="your yes to the account",
        facts={"account_number": number},
        binding=("account_number",),
        seen=f"Account {number} was not compared: nothing was known of it.",
        said_before=f"Account {number} was not compared with anything; an operator said yes to it before.",
        means=Wrong(
            f"said that account {number} is not the account of {name}. Regenerating killed "
            "its keys, so tell whoever uses them. Choose the right account in the dashboard and click Regenerate "
            "there.",
            todo=Todo.REGENERATE,
            misplaced=True,
        ),
    )
