"""What a person has to click in Alpaca's dashboard, and what the form for the new pair asks.

Short, with the clicks first: the V1 pages squeeze it into a small box with a scroll bar.
"""

from __future__ import annotations

from blocks.issuers.alpaca.pair import FIELDS
from blocks.issuers.terms import Confirmation, FormField, Instructions, MintForm, Situation
from blocks.model.hosts import origin_of
from blocks.model.rotation import Snapshot, Todo
from blocks.text import IN_PREFECT, markdown

SWITCHER = {"paper": "Paper Trading", "live": "Live Trading"}
CODE = {
    "paper": "",
    "live": " Alpaca asks for a code from your e-mail or authenticator: enter it. The secret is shown after that.",
}
OTHER = {"paper": "live", "live": "paper"}
KEY_ID = FormField(
    "New API key ID",
    "Shown after Regenerate; 26 capital letters and digits, usually beginning with PK (paper) or AK (live).",
    {"type": "string", "pattern": r"^\s*[A-Z0-9]{16,40}\s*$"},
    '16 to 40 capital letters and digits in "New API key ID"',
    is_secret=False,
)
# The secret has no constraint: a rejection by the server would echo it.
SECRET = FormField(
    "New secret key",
    f"Shown only once, beside the key ID. Paste it. {IN_PREFECT} its V2 pages hide it, its V1 pages do not.",
    {"type": "string", "minLength": 1},
    'the secret in "New secret key"',
)


def form(realm: str) -> MintForm:
    """The pair, and that the operator looked at the switcher: under the wrong one other keys die."""
    checked = Confirmation(
        f"switcher_says_{realm}",
        f"I checked that the switcher says {realm.capitalize()}",
        f"Upper left corner of the dashboard. If it says {OTHER[realm].capitalize()}, you are about to kill the "
        f"{OTHER[realm]} keys.",
    )
    return MintForm(dict(zip(FIELDS, (KEY_ID, SECRET), strict=True)), (checked,))


def instructions(situation: Situation) -> Instructions:
    """Read under stress: the clicks, and what may be the case otherwise."""
    return Instructions(
        at_stake="**Regenerate kills the old pair at once** and shows the new secret **only once**.",
        steps=_steps(situation),
        otherwise=_otherwise(situation),
        next="rekey asks Alpaca whether the pair opens the right account",
    )


def left_open(before: Snapshot) -> str:
    """What to do about orders that were open when the account was seen last: the key that could cancel them is dead."""
    if not before.in_flight:
        return ""
    are = "1 order was" if before.in_flight == 1 else f"{before.in_flight} orders were"
    return (
        f"{are} open in Alpaca account {before.subject} when rekey saw it last, and the dead pair cannot cancel "
        "them: look at them in the dashboard (Orders) and cancel them there."
    )


def switch_to(realm: str) -> str:
    """Where the pair of this realm is made."""
    return f"set the switcher to {realm.capitalize()} and click Regenerate there"


def _steps(situation: Situation) -> str:
    url = situation.page
    dashboard = f"[the Alpaca dashboard]({url})"
    # As code: Prefect's page makes a link of a bare address, which takes the asterisks of bold letters with it.
    address = f"Its address begins with `{origin_of(url)}/`, and with nothing else."
    paste = "Scroll down, paste **both** values into the fields, and press the blue button."
    leave = "Leave the dashboard tab open until this run has completed."
    if situation.now is Todo.REGENERATE:
        return f"""1. Open {dashboard} **in a new tab**. {address}
2. Check that {_check(situation)}.
3. In the **API Keys** panel click **Regenerate** ("Generate New Keys" where no key is left).\
{CODE[situation.realm]} {_traps(situation)}
4. {paste} {leave}"""
    if situation.now is Todo.ENTER_AGAIN:
        return f"""1. See to what is said above. **Nothing is regenerated**: the pair that you entered is the right one.
2. {paste} {leave}"""
    return f"""1. Go back to the tab with {dashboard}. {address} It still shows the new pair: **touch no button there**.
2. {paste} {leave}"""


def _otherwise(situation: Situation) -> str:
    mistaken = "If you regenerated **other** keys by mistake, paste those here all the same"
    elsewhere = f"{mistaken}: rekey puts them where they belong."
    if situation.now is Todo.REGENERATE and situation.todo is None:
        return f"If both values of a new pair are shown already, paste those. {elsewhere}"
    if situation.now is Todo.REGENERATE:
        return elsewhere
    if situation.now is Todo.ENTER_AGAIN:
        return "If no page shows it any more, it is in the vault's folder that is named above."
    return (
        "**Only if no page shows the new pair any more**, its secret is lost: then make another one. Check that "
        f"{_check(situation)}, regenerate once more, and enter the newest pair. {_traps(situation)}"
    )


def _check(situation: Situation) -> str:
    check = f"the switcher in the upper left corner says **{SWITCHER[situation.realm]}**"
    return f"{check} and the account is **{markdown(situation.subject)}**" if situation.subject else check


def _traps(situation: Situation) -> str:
    if situation.realm == "live":
        return (
            "Click nothing else there: **never Close Account**, and never Regenerate under another switcher or account."
        )
    account = f"account **{markdown(situation.subject)}**" if situation.subject else "the account"
    return f"**Never click Reset Account or Delete Account**: that ends {account} and its keys with it."
