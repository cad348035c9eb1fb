"""The form that the operator fills in, and the sentences around it.

The schema refuses only what cannot be a key ID at all. Everything else is checked in the flow and the form comes back
with the reason: a pair of the wrong environment is shown once too, and must be able to arrive.
"""

from __future__ import annotations

from typing import Any

from prefect.input import RunInput
from pydantic import ConfigDict, Field, SecretStr

from blocks.catalog import Credential
from blocks.rotation import Rotation, Snapshot

# A key ID has at least 16 characters; a longer word is no part of a person's name that somebody would miss.
LONGEST_WORD_OF_A_NAME = 15
SWITCHER = {"paper": "Paper Trading", "live": "Live Trading"}


class PaperEntry(RunInput):
    """The new pair of a paper account.

    The secret has no constraint: a rejection by the server would echo it. No validators either: Prefect would store
    their message with the value in it.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    key_id: str = Field(
        title="New API key ID",
        description="Shown after Regenerate; 26 capital letters and digits, usually beginning with PK.",
        json_schema_extra={"pattern": r"^\s*[A-Z0-9]{16,40}\s*$", "position": 0},
    )
    secret: SecretStr = Field(
        title="New secret key",
        description="Shown only once, beside the key ID. Paste it. Prefect's V2 pages hide it, its V1 pages do not.",
        json_schema_extra={"position": 1},
    )
    operator: str = Field(
        title="Your name",
        description="Goes into the audit ledger.",
        json_schema_extra={"minLength": 2, "maxLength": 80, "position": 2},
    )
    switcher_says_paper: bool = Field(
        title="I checked that the switcher says Paper",
        description="Upper left corner of the dashboard. If it says Live, you are about to kill the live keys.",
        # The server refuses "no". An enum would be a menu with the one entry "true", and to the V1 pages a const is a
        # field "that cannot be changed"; with this both show a switch.
        json_schema_extra={"not": {"const": False}, "position": 3},
    )


def operator_of(entry: PaperEntry) -> str:
    """The name to record. One that looks like a key, pasted into the wrong field, is withheld; the entry goes on."""
    secret = entry.secret.get_secret_value().strip()
    if secret in entry.operator or any(len(word) > LONGEST_WORD_OF_A_NAME for word in entry.operator.split()):
        return "name withheld (it looked like a key)"
    return entry.operator.strip()


def entry_for(rotation: Rotation, before: Snapshot | None, dashboard_url: str, problem: str | None) -> type[PaperEntry]:
    """The form with its instructions, and with the reason when it comes back."""
    text = instructions(rotation.credential, before, dashboard_url, problem)
    form: Any = PaperEntry.with_initial_data(description=text)
    return form  # type: ignore[no-any-return]  # Prefect types the subclass that it makes as RunInput


def instructions(credential: Credential, before: Snapshot | None, dashboard_url: str, problem: str | None) -> str:
    """Markdown, read under stress: what went wrong before, what to click, what never to click, what happens next.

    Short, with the clicks first: the V1 pages squeeze it into a small box with a scroll bar. No HTML: they drop it.
    """
    account = before.account_number if before else credential.account_number
    returned = f"### The last entry was not accepted\n\n{problem}\n\n" if problem else ""
    check = f"the switcher in the upper left corner says **{SWITCHER[credential.environment]}**"
    check += f" and the account is **{account}**" if account else ""
    return f"""{returned}### Rotate {credential.name}

**Regenerate kills the old pair at once** and shows the new secret **only once**. This form must stay open: work in a \
second tab.

1. Open [the Alpaca dashboard]({dashboard_url}) **in a new tab** (hold Ctrl or Command while you click).
2. Check that {check}.
3. In the **API Keys** panel click **Regenerate** ("Generate New Keys" where no key is left). **Never click Reset \
Account or Delete Account**: that ends {f"account **{account}**" if account else "the account"} and its keys with it.
4. Scroll down, paste **both** values into the fields, and press the blue button. Leave the dashboard tab open until \
this run has completed.

If you clicked Regenerate before and still see both values, paste those. If the secret is gone, click **Regenerate** \
again: the newest pair counts. This form waits \
{credential.form_timeout_minutes} minutes.

**What happens next:** rekey asks Alpaca whether the pair opens the right account, stores it in the vault, writes it \
to the {len(credential.consumers)} places that use it, and proves that the running applications trade with it and \
that the old pair is dead. If anything is wrong with what you enter, this form comes back and says what.
"""
