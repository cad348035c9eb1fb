"""A live account of which nothing is known: no snapshot, and no number in the catalog or in the ledger.

Then nothing can be compared: the operator looks at the number and says an explicit yes. It comes to that only when a
pair that rekey has never rotated is dead already, or when the ledger is gone.
"""

from __future__ import annotations

from typing import Literal

from blocks.issuers.alpaca.block import Account
from blocks.model.rotation import Rotation, Todo
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
from tasks.rotate.looks import Finding

STEP = Step.UNKNOWN_ACCOUNT
YES = "yes, this is our account: go on"
NO = "no, this is not our account"


class UnknownAccount(Signed):
    """Whether the account that the new pair opens is the right one."""

    choice: Literal["yes, this is our account: go on", "no, this is not our account"] = choice(
        "Is this the account that is traded with?"
    )


def doubt(rotation: Rotation, account: Account, pair: Pair, record: Record) -> Finding | None:
    """Why the pair is not accepted; None when an operator said yes to the number of its account."""
    number = account.account_number
    rows = recording.step_rows(rotation.id, STEP, subject=pair.fingerprint)
    if any(row.context.get("choice") == YES and row.context.get("account_number") == number for row in rows):
        record.prove(f"Account {number} was not compared with anything; an operator said yes to it before.")
        return None
    with recorded(rotation, STEP, subject=pair.fingerprint) as asked:
        with Lookout(rotation, STEP):
            entry = ask_openly(
                rotation,
                UnknownAccount,
                STEP,
                lambda problem: _text(rotation, account, problem),
                awaited="your yes to the account",
            )
        operator = name_of(entry.operator)
        asked.decided_by(operator)
        asked.note(choice=entry.choice, account_number=number)
        asked.prove(f"Account {number} was not compared: nothing was known of it. {operator}: {entry.choice}.")
    if entry.choice == YES:
        return None
    return Finding(
        f"{operator} said that account {number} is not the account of {rotation.credential.name}. Regenerating killed "
        "its keys, so tell whoever uses them. Choose the right account in the dashboard and click Regenerate there.",
        todo=Todo.REGENERATE,
        misplaced=True,
    )


def _text(rotation: Rotation, account: Account, problem: str | None) -> str:
    returned = f"### Not yet\n\n{markdown(problem, lines=True)}\n\n" if problem else ""
    name = rotation.credential.name
    return f"""{returned}### {name}: say whether this is the right account

{trading(rotation)}

The new pair opens {rotation.credential.environment} account **{markdown(account.account_number)}** (created \
{account.created_at:%Y-%m-%d}, {markdown(account.currency)}, equity {account.equity}).

The old pair was dead before rekey could look at its account, and neither the catalog nor the ledger knows a number: \
nothing can be compared. Compare the number with a statement of Alpaca's, not with the dashboard tab in which you \
clicked.

{GOES_ON} With `account_number` of {name} in the catalog this is not asked again.
"""
