"""What the form for the new pair says: one thing to do, for the state that the rotation is in now.

Short, with the clicks first: the V1 pages squeeze it into a small box with a scroll bar. No HTML: they drop it. What to
click, and where, its issuer says.
"""

from __future__ import annotations

from dataclasses import dataclass

from blocks.issuers.interface import Issuer
from blocks.issuers.terms import Instructions, OldDies, Situation
from blocks.ledger.trading import clock
from blocks.model.credential import Credential
from blocks.model.rotation import Todo
from blocks.prefect_api.issuers import words_of
from blocks.settings import read_settings
from blocks.text import IN_PREFECT, markdown
from tasks.person.forms import left_empty
from tasks.person.tell_end import GOES_ON


@dataclass(frozen=True, slots=True)
class Form:
    """What the text depends on beside what its issuer has to know."""

    credential: Credential
    # Whether the rotation may be ended from the form; and whether somebody tried that in vain just now.
    may_stop: bool = False
    not_ended: bool = False
    # Whether trading stands and since when, in a sentence; empty for a credential without brakes.
    stands: str = ""


def instructions(form: Form, issuer: Issuer, situation: Situation, problem: str | None) -> str:
    """Markdown, read under stress: what was wrong with the last entry, what to do now, and what happens then."""
    name, said, words = form.credential.name, issuer.instructions(situation), words_of(form.credential)
    now = words.orders[situation.now]
    what = "The rotation was not ended" if form.not_ended else f"The last entry was not accepted: {now}"
    returned = f"### {what}\n\n{problem}\n\n" if problem else ""
    return f"""{returned}### Rotate {name}: {now}
{_left_open(form, issuer, situation)}{_sealed(form.credential)}
{_state(form, situation, said)} Work in a second tab; if this page is gone, open it again: nothing is lost.

{said.steps}

{said.otherwise} After {form.credential.form_timeout_minutes} minutes people on call are told that the \
form waits; it stays open.
{_way_back(form)}
**What happens next:** {said.next}, stores it in the vault, \
{_given_to(form.credential)}, and proves {_proves(form.credential, issuer)}. If anything is wrong with what you enter, \
this form comes back and says what.
"""


def _proves(credential: Credential, issuer: Issuer) -> str:
    dies = "that the old pair is dead"
    if issuer.traits.old_dies is OldDies.AFTER_GRACE:
        dies = "later that the old pair died"
    return f"that the running applications trade with it and {dies}" if credential.runtimes else dies


def _sealed(credential: Credential) -> str:
    """Where the pair is entered, when Prefect's form does not take it."""
    if credential.takes_plain:
        return ""
    return (
        f"\n**{IN_PREFECT}** it takes no pair. Enter it at {read_settings().console_url} (rekey's console), or by "
        f"`rekey resume {credential.name}`.\n"
    )


def _left_open(form: Form, issuer: Issuer, situation: Situation) -> str:
    """None is open where trading was stopped, unless the pair died before they could be looked at."""
    before = situation.before
    left = issuer.left_open(before) if form.credential.brakes and before else ""
    return f"\n**{markdown(left)}**\n" if left else ""


def _state(form: Form, situation: Situation, said: Instructions) -> str:
    stopped = f" **{markdown(form.stands)}** {GOES_ON}" if form.stands else ""
    if situation.died_at is not None:
        why = words_of(form.credential).clicked
        return f"**The old pair is dead since {clock(situation.died_at)}**: {why}.{stopped}"
    if situation.is_dead:
        return f"**The old pair is dead.** The new secret is shown **only once**.{stopped}"
    if situation.now is Todo.REGENERATE:
        return f"{said.at_stake}{stopped}"
    return f"The new secret is shown **only once**.{stopped}"


def _way_back(form: Form) -> str:
    if not form.may_stop:
        return ""
    goes_on = ", lets trading go on" if form.credential.brakes else ""
    empty, nobody = left_empty(form.credential), words_of(form.credential).nobody_has
    left = f"{empty[0].lower()}{empty[1:]}"
    return (
        f"\n**To stop here instead**, while {nobody}: {left}, switch on the last switch, and "
        f"press the blue button. rekey proves that the old pair lives{goes_on} and ends this rotation.\n"
    )


def _given_to(credential: Credential) -> str:
    told = sum(one.is_person for one in credential.consumers)
    given = len(credential.consumers) - told
    writes = "writes it to the place that uses it" if given == 1 else f"writes it to the {given} places that use it"
    return f"{writes}, tells {told} {'person' if told == 1 else 'people'} with a local copy" if told else writes
