"""What the form for the new pair says: one thing to do, for the state that the rotation is in now.

Short, with the clicks first: the V1 pages squeeze it into a small box with a scroll bar. No HTML: they drop it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from blocks.ledger.trading import clock
from blocks.model.credential import Credential
from blocks.model.hosts import origin_of
from blocks.model.places import SlackConsumer
from blocks.model.rotation import Snapshot, Todo
from blocks.text import markdown
from tasks.person.tell_end import GOES_ON

SWITCHER = {"paper": "Paper Trading", "live": "Live Trading"}
CODE = {
    "paper": "",
    "live": " Alpaca asks for a code from your e-mail or authenticator: enter it. The secret is shown after that.",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the text depends on."""

    credential: Credential
    dashboard_url: str
    # The account that the new pair must open, if its number is known, and as it was before the click.
    account: str | None = None
    before: Snapshot | None = None
    # Since when the old pair is refused, if that was seen; and whether it was dead before this run began.
    died_at: datetime | None = None
    is_dead: bool = False
    # What the last entry demands, if there was one.
    todo: Todo | None = None
    # Whether the rotation may be ended from the form; and whether somebody tried that in vain just now.
    may_stop: bool = False
    not_ended: bool = False
    # Whether trading stands and since when, in a sentence; empty for a credential without brakes.
    stands: str = ""

    @property
    def now(self) -> Todo:
        """The one thing to do."""
        return self.todo or (Todo.ENTER if self.died_at else Todo.REGENERATE)


def instructions(situation: Situation, problem: str | None) -> str:
    """Markdown, read under stress: what was wrong with the last entry, what to do now, and what happens then."""
    name, now = situation.credential.name, situation.now
    what = "The rotation was not ended" if situation.not_ended else f"The last entry was not accepted: {now}"
    returned = f"### {what}\n\n{problem}\n\n" if problem else ""
    orders = _orders(situation)
    return f"""{returned}### Rotate {name}: {now}
{orders}
{_state(situation)} Work in a second tab; if this page is gone, open the run again: nothing is lost.

{_steps(situation)}

{_otherwise(situation)} After {situation.credential.form_timeout_minutes} minutes people on call are told that the \
form waits; it stays open.
{_way_back(situation)}
**What happens next:** rekey asks Alpaca whether the pair opens the right account, stores it in the vault, \
{_given_to(situation.credential)}, and proves that the running applications trade with it and that the old pair is \
dead. If anything is wrong with what you enter, this form comes back and says what.
"""


def left_open(before: Snapshot) -> str:
    """What to do about orders that were open when the account was seen last: the key that could cancel them is dead."""
    are = "1 order was" if before.open_orders == 1 else f"{before.open_orders} orders were"
    return (
        f"{are} open in Alpaca account {before.account_number} when rekey saw it last, and the dead pair cannot cancel "
        "them: look at them in the dashboard (Orders) and cancel them there."
    )


def _orders(situation: Situation) -> str:
    """None is open where trading was stopped, unless the pair died before they could be looked at."""
    before = situation.before
    if not (situation.credential.brakes and before and before.open_orders):
        return ""
    return f"\n**{markdown(left_open(before))}**\n"


def _state(situation: Situation) -> str:
    stopped = f" **{markdown(situation.stands)}** {GOES_ON}" if situation.stands else ""
    if situation.died_at is not None:
        return f"**The old pair is dead since {clock(situation.died_at)}**: Regenerate was clicked.{stopped}"
    if situation.is_dead:
        return f"**The old pair is dead.** The new secret is shown **only once**.{stopped}"
    if situation.now is Todo.REGENERATE:
        told = "**Regenerate kills the old pair at once** and shows the new secret **only once**."
        return f"{told}{stopped}"
    return f"The new secret is shown **only once**.{stopped}"


def _steps(situation: Situation) -> str:
    url = situation.dashboard_url
    dashboard = f"[the Alpaca dashboard]({url})"
    # As code: Prefect's page makes a link of a bare address, which takes the asterisks of bold letters with it.
    address = f"Its address begins with `{origin_of(url)}/`, and with nothing else."
    paste = "Scroll down, paste **both** values into the fields, and press the blue button."
    leave = "Leave the dashboard tab open until this run has completed."
    if situation.now is Todo.REGENERATE:
        return f"""1. Open {dashboard} **in a new tab**. {address}
2. Check that {_check(situation)}.
3. In the **API Keys** panel click **Regenerate** ("Generate New Keys" where no key is left).\
{CODE[situation.credential.environment]} {_traps(situation)}
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


def _way_back(situation: Situation) -> str:
    if not situation.may_stop:
        return ""
    goes_on = ", lets trading go on" if situation.credential.brakes else ""
    return (
        "\n**To stop here instead**, while nobody has clicked Regenerate: leave both key fields empty, switch on the "
        f"last switch, and press the blue button. rekey proves that the old pair lives{goes_on} and ends it.\n"
    )


def _check(situation: Situation) -> str:
    check = f"the switcher in the upper left corner says **{SWITCHER[situation.credential.environment]}**"
    return f"{check} and the account is **{markdown(situation.account)}**" if situation.account else check


def _traps(situation: Situation) -> str:
    if situation.credential.environment == "live":
        return (
            "Click nothing else there: **never Close Account**, and never Regenerate under another switcher or account."
        )
    account = f"account **{markdown(situation.account)}**" if situation.account else "the account"
    return f"**Never click Reset Account or Delete Account**: that ends {account} and its keys with it."


def _given_to(credential: Credential) -> str:
    told = sum(isinstance(one, SlackConsumer) for one in credential.consumers)
    given = len(credential.consumers) - told
    writes = f"writes it to the {given} {'place' if given == 1 else 'places'} that use it"
    return f"{writes}, tells {told} {'person' if told == 1 else 'people'} with a local copy" if told else writes
