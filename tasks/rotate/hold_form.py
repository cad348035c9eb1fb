"""The forms of a held rotation: which choices there are, and what is said above them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, create_model

from blocks.errors import LedgerError
from blocks.issuers.terms import By
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.model.words import PAIR
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import kind_of, words_of
from blocks.settings import read_settings
from blocks.text import markdown
from tasks.lookout import way_back
from tasks.lookout.way_back import STOP_HERE
from tasks.person.forms import Signed, choice
from tasks.person.tell_end import trading

RETRY = "retry this step"
# As these forms have it; a form is shown, and answered, as the credential's issuer calls a pair: see ``another_of``.
ANOTHER_PAIR = "enter another pair"
_ANOTHER = ANOTHER_PAIR.removesuffix(PAIR)
STAY_HELD = "stop and stay held"
END = STOP_HERE
# Of a credential without brakes: nothing of it was stopped.
END_UNSTOPPED = "stop here, nothing was touched"
_ENDS = frozenset({END, END_UNSTOPPED})
MINUTE_S = 60


class Held(Signed):
    """How a held rotation goes on."""

    choice: Literal["retry this step", "enter another pair", "stop and stay held"] = choice("What shall rekey do?")


class MayEnd(Signed):
    """How a held rotation goes on, or ends: the form for the pair was shown, and nothing says that anybody clicked."""

    choice: Literal["retry this step", "enter another pair", "stop and stay held", "stop here, trading goes on"] = (
        choice("What shall rekey do?")
    )


class NotBegun(Signed):
    """How a held rotation goes on, or ends, before any key was touched."""

    choice: Literal["retry this step", "stop here, trading goes on"] = choice("What shall rekey do?")


def another_of(credential: Credential) -> str:
    """The choice by which another pair is entered, as this credential's form has it."""
    return words_of(credential).said(ANOTHER_PAIR)


def end_of(credential: Credential) -> str:
    """The choice by which the rotation is ended, as this credential's form has it."""
    return END if credential.brakes else END_UNSTOPPED


def in_words_of(credential: Credential, form: type[Held | MayEnd | NotBegun]) -> type[Held | MayEnd | NotBegun]:
    """The form with its choices as the credential's issuer calls things, and as true of one without brakes.

    It takes the word of an older form, too, and of one that was shown before the catalog called it otherwise.
    """
    choices = get_args(form.model_fields["choice"].annotation)
    now = {ANOTHER_PAIR: another_of(credential), END: end_of(credential)}
    if all(now.get(one, one) == one for one in choices):
        return form

    def as_now(chosen: object) -> object:
        if isinstance(chosen, str) and chosen.startswith(_ANOTHER):
            return now[ANOTHER_PAIR]
        return now[END] if chosen in _ENDS else chosen

    entries: Any = Literal[tuple(now.get(one, one) for one in choices)]
    entry: Any = Annotated[entries, BeforeValidator(as_now)]
    made: Any = create_model(form.__name__, __base__=form, choice=(entry, choice("What shall rekey do?")))
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def form_of(rotation: Rotation) -> type[Held | MayEnd | NotBegun]:
    """The form with the choices that there are now."""
    if not way_back.is_open(rotation):
        return Held
    return MayEnd if _link_was_shown(rotation) else NotBegun


def text_of(
    rotation: Rotation, reason: str, braked: str, problem: str | None, *, form: type[Signed], again_s: float | None
) -> str:
    """Markdown: what is wrong, how trading stands (``braked`` is what was heard of the brakes), and each choice.

    ``again_s``: in how many seconds rekey tries again by itself; None when it does not.
    """
    name, nobody = rotation.credential.name, words_of(rotation.credential).nobody_clicked
    said = partial(markdown, lines=True, ours=read_settings().prefect_ui_url)
    returned = f"### Not yet\n\n{said(problem)}\n\n" if problem else ""
    by_itself = f"rekey tries again by itself, next {_in(again_s)}; you need not do anything.\n\n" if again_s else ""
    # Nothing was done with a pair yet where the rotation may be ended.
    retry = f"- **{RETRY}**: when you have mended what is said above."
    done = " What is done already is only proved again." if form is not NotBegun else ""
    touched = (
        f"""
- **{ANOTHER_PAIR}**: {_another(rotation)}
- **{STAY_HELD}**: this run ends and everything stays as it is. Starting the rotation of {name} again goes on from \
here."""
        if form is not NotBegun
        else ""
    )
    brakes = rotation.credential.brakes
    released = ", releases the brakes that it engaged" if brakes else ""
    over = f"{'rekey releases the brakes that it engaged, and this' if brakes else 'This'} rotation is over."
    ending = end_of(rotation.credential)
    end = {
        Held: "",
        MayEnd: f"\n- **{ending}**: only while {nobody}. rekey proves that the old pair lives{released}, and this "
        "rotation is over.",
        NotBegun: f"\n- **{ending}**: no key was touched. {over}",
    }[form]
    return f"""{returned}### Choose how to go on: {name} is held

{said(reason)}

{said(_stands(rotation, braked))}

{by_itself}{retry}{done}{touched}{end}
"""


def _another(rotation: Rotation) -> str:
    if kind_of(rotation.credential).traits.minted_by is By.API:
        return "nobody has to enter it: rekey makes another one, and goes on with that."
    return "the form for the new pair comes back, and says what to click."


def _stands(rotation: Rotation, braked: str) -> str:
    """What was heard of the brakes, and since when by the ledger; one that does not answer takes nothing of it back."""
    stands = trading(rotation)
    return braked if stands.endswith("the ledger does not answer.") else f"{braked} {stands}".strip()


def _in(seconds: float) -> str:
    return f"in {seconds:.0f} s" if seconds < MINUTE_S else f"in {seconds / MINUTE_S:.0f} min"


def _link_was_shown(rotation: Rotation) -> bool:
    """Whether a key may have been regenerated. A ledger that cannot be read says nothing: then it may."""
    if rotation.may_be_clicked or rotation.old_is_dead:
        return True
    try:
        known = recording.history_of(rotation)
    except LedgerError:
        return True
    # Also without being told to, somebody may have clicked.
    is_shown = any(one.step == Step.AWAIT_HUMAN_INPUT for one in known.forms.shown)
    return known.died_at is not None or known.is_entered or is_shown
