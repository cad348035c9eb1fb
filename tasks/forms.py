"""The form that the operator fills in, and the sentences around it.

The schema refuses only what cannot be a key ID at all. Everything else is checked in the flow and the form comes back
with the reason: a pair of the wrong environment is shown once too, and must be able to arrive.
"""

from __future__ import annotations

from typing import Any

from prefect.input import RunInput
from pydantic import ConfigDict, Field, SecretStr

from blocks.consumers import SlackConsumer
from blocks.credential import Credential
from blocks.hosts import origin_of
from blocks.rotation import Snapshot
from blocks.text import markdown

SWITCHER = {"paper": "Paper Trading", "live": "Live Trading"}


def agreed(title: str, description: str, position: int = 11) -> Any:
    """A switch that has to be on.

    The server refuses "no". An enum would be a menu with the one entry "true", and to the V1 pages a const is a field
    "that cannot be changed"; with this both show a switch.
    """
    return Field(
        title=title, description=description, json_schema_extra={"not": {"const": False}, "position": position}
    )


class Signed(RunInput):
    """A form that names who filled it in. What it does not know it refuses, and what it refuses it does not repeat."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    operator: str = Field(
        title="Your name",
        description="Goes into the audit ledger.",
        json_schema_extra={"minLength": 2, "maxLength": 80, "pattern": r"\S", "position": 10},
    )


class PairEntry(Signed):
    """The new pair of an account.

    The secret has no constraint: a rejection by the server would echo it. No validators either: Prefect would store
    their message with the value in it.
    """

    key_id: str = Field(
        title="New API key ID",
        description="Shown after Regenerate; 26 capital letters and digits, usually beginning with PK (paper) or AK "
        "(live).",
        json_schema_extra={"pattern": r"^\s*[A-Z0-9]{16,40}\s*$", "position": 0},
    )
    secret: SecretStr = Field(
        title="New secret key",
        description="Shown only once, beside the key ID. Paste it. Prefect's V2 pages hide it, its V1 pages do not.",
        json_schema_extra={"position": 1},
    )


class PaperEntry(PairEntry):
    """The new pair of a paper account."""

    switcher_says_paper: bool = agreed(
        "I checked that the switcher says Paper",
        "Upper left corner of the dashboard. If it says Live, you are about to kill the live keys.",
    )


class LiveEntry(PairEntry):
    """The new pair of a live account."""

    switcher_says_live: bool = agreed(
        "I checked that the switcher says Live",
        "Upper left corner of the dashboard. If it says Paper, you are about to kill the paper keys.",
    )


def entry_of(credential: Credential) -> type[PairEntry]:
    """The form for this credential's environment."""
    return PaperEntry if credential.environment == "paper" else LiveEntry


def _given_to(credential: Credential) -> str:
    told = sum(isinstance(one, SlackConsumer) for one in credential.consumers)
    given = len(credential.consumers) - told
    writes = f"writes it to the {given} {'place' if given == 1 else 'places'} that use it"
    return f"{writes}, tells {told} {'person' if told == 1 else 'people'} with a local copy" if told else writes


def left_open(before: Snapshot) -> str:
    """What to do about orders that were open when the account was seen last: the key that could cancel them is dead."""
    are = "1 order was" if before.open_orders == 1 else f"{before.open_orders} orders were"
    return (
        f"{are} open in Alpaca account {before.account_number} when rekey saw it last, and the dead pair cannot cancel "
        "them: look at them in the dashboard (Orders) and cancel them there."
    )


def instructions(
    credential: Credential, before: Snapshot | None, account: str | None, dashboard_url: str, problem: str | None
) -> str:
    """Markdown, read under stress: what went wrong before, what to click, what never to click, what happens next.

    ``account`` is the number of the account that the new pair must open, if it is known.

    Short, with the clicks first: the V1 pages squeeze it into a small box with a scroll bar. No HTML: they drop it.
    """
    returned = f"### The last entry was not accepted\n\n{problem}\n\n" if problem else ""
    check = f"the switcher in the upper left corner says **{SWITCHER[credential.environment]}**"
    account = markdown(account) if account else None
    check += f" and the account is **{account}**" if account else ""
    second = {
        "paper": "",
        "live": " Alpaca asks for a code from your e-mail or authenticator: enter it. The secret is shown after that.",
    }[credential.environment]
    traps = {
        "paper": "**Never click Reset Account or Delete Account**: that ends "
        f"{f'account **{account}**' if account else 'the account'} and its keys with it.",
        "live": "Click nothing else there: **never Close Account**, and never Regenerate under another switcher or "
        "account.",
    }[credential.environment]
    stopped = "**Trading is stopped** until this run has completed. " if credential.brakes else ""
    # Trading is stopped with none open, unless the pair died before they could be looked at.
    orders = f"\n**{markdown(left_open(before))}**\n" if credential.brakes and before and before.open_orders else ""
    return f"""{returned}### Rotate {credential.name}
{orders}
**Regenerate kills the old pair at once** and shows the new secret **only once**. {stopped}This form must stay open: \
work in a second tab.

1. Open [the Alpaca dashboard]({dashboard_url}) **in a new tab** (hold Ctrl or Command while you click). Its address \
begins with **{origin_of(dashboard_url)}**/, and with nothing else.
2. Check that {check}.
3. In the **API Keys** panel click **Regenerate** ("Generate New Keys" where no key is left).{second} {traps}
4. Scroll down, paste **both** values into the fields, and press the blue button. Leave the dashboard tab open until \
this run has completed.

If you clicked Regenerate before and still see both values, paste those. If the secret is gone, click **Regenerate** \
again: the newest pair counts. If you regenerated **other** keys by mistake, paste those here all the same: rekey puts \
them where they belong. After {credential.form_timeout_minutes} minutes people on call are told that the form waits; \
it stays open.

**What happens next:** rekey asks Alpaca whether the pair opens the right account, stores it in the vault, \
{_given_to(credential)}, and proves that the running applications trade with it and that the old pair is dead. If \
anything is wrong with what you enter, this form comes back and says what.
"""
