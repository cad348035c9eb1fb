"""Pauses the run with a form and returns what was entered.

Every form has a key of its own, so that "Retry" in the UI asks again instead of reusing what was judged before. What is
not secret is deleted from Prefect as soon as it is read.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import httpx
from prefect.exceptions import FlowPauseTimeout, Pause, PrefectHTTPStatusError
from prefect.input import RunInput
from prefect.logging import get_run_logger
from pydantic import SecretStr, ValidationError

from blocks import doing
from blocks.errors import LedgerError, StepError, Unreachable
from blocks.ledger import operators
from blocks.ledger.ledger import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, prefect_runs
from blocks.prefect_api.prefect_page import pause_with
from blocks.prefect_api.recording import WAITING, write
from blocks.settings import read_settings
from blocks.text import markdown
from tasks.person import now
from tasks.person.forms import Signed
from tasks.person.tell_form import Telling
from tasks.run import submissions as typed_input

# Prefect fails a run whose pause times out, whatever the run itself does. So a form waits practically for ever, and
# rekey says by itself when nobody came (tasks/lookout/lookout.py).
FOREVER_S = 30 * 24 * 3600
# A key ID has at least 16 characters; a longer word is no part of a person's name that somebody would miss.
LONGEST_WORD_OF_A_NAME = 15
# Between two tries to take a pause back, on top of the patience of Prefect's own client.
TAKE_BACK_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0)
# The step of the form that asks for nothing but a name.
NAME = Step.NAME
INCOMPLETE = "The run was resumed without a complete form. Use Resume in the menu, and fill in every field."

_Form = TypeVar("_Form", bound=RunInput)
# Markdown, given what was wrong with the last entry.
Text = Callable[[str | None], str]


class Renewed(Exception):
    """rekey itself took a form back, which has to offer something else now. What was typed into it is kept."""

    def __init__(self, key: str) -> None:
        super().__init__("A form was taken back.")
        self.key = key


def ask(
    rotation: Rotation,
    form: type[_Form],
    step: Step,
    text: Text,
    *,
    problem: str | None = None,
    awaited: str,
    unrecorded: bool = False,
    told: bool = False,
    renewed: Callable[[], bool] = lambda: False,
) -> tuple[_Form, str]:
    """Show the form until it is filled in; return the entry and the base of the keys under which Prefect keeps it.

    ``awaited`` says in the log and the timeline what is waited for. Raises LedgerError when the ledger cannot take that
    somebody is asked: nobody may be told to click then. ``unrecorded`` is for a form that has to come all the same.
    ``told`` is for one of which people heard already. Raises Unreachable when Prefect does not take a pause back that
    nobody can answer; and Renewed for a form that came back without an entry, when ``renewed`` says that rekey did so.
    """
    while True:
        key = f"{rotation.id}-{step.replace('_', '-')}-{secrets.token_hex(3)}"
        _say_who_is_waited_for(rotation, step, f"paused-{key}", problem, awaited, unrecorded=unrecorded, told=told)
        telling = Telling(rotation, f"paused-{key}", awaited, told=told)
        shown = form.with_initial_data(description=f"{text(problem)}\n{_last_answer()}{_who(rotation)}")
        try:
            with doing.waiting(), telling:
                entry = _asked(rotation, shown, key, step, awaited, telling.begin)
        except (Pause, PrefectHTTPStatusError, httpx.HTTPError) as fault:
            get_run_logger().warning(
                "The form did not come, or its answer did not: Prefect (%s).", type(fault).__name__
            )
            entry = _answered_all_the_same(rotation, shown, f"paused-{key}")
            if entry is None:
                forget(rotation, f"paused-{key}")
                # The form that comes in its place waits for the same.
                told = telling.told
                continue
        if entry is None:
            # Prefect's client takes every 404 for "nothing was submitted", also one of something before Prefect.
            entry = _answered_all_the_same(rotation, shown, f"paused-{key}")
        # It may have been open for hours: what was corrected meanwhile counts.
        estate.forget()
        if entry is not None:
            signed = _signed(rotation, entry, unrecorded=unrecorded)
            _say_who_answered(signed, awaited)
            return cast("_Form", signed), f"paused-{key}"
        if renewed():
            raise Renewed(f"paused-{key}")
        forget(rotation, f"paused-{key}")
        problem, told = INCOMPLETE, False


def ask_openly(
    rotation: Rotation,
    form: type[_Form],
    step: Step,
    text: Text,
    *,
    problem: str | None = None,
    awaited: str,
    unrecorded: bool = False,
    told: bool = False,
    renewed: Callable[[], bool] = lambda: False,
) -> _Form:
    """Show a form without a secret until it is filled in; return the entry. Prefect's copy is deleted at once.

    Raises Renewed when ``renewed`` says that rekey itself took the form back.
    """
    try:
        entry, key = ask(
            rotation,
            form,
            step,
            text,
            problem=problem,
            awaited=awaited,
            unrecorded=unrecorded,
            told=told,
            renewed=renewed,
        )
    except Renewed as taken:
        forget(rotation, taken.key)
        raise
    forget(rotation, key)
    return entry


def _last_answer() -> str:
    """Whoever had the form before this one open, too, reads here that somebody else answered it."""
    page = now.of_this_run()
    return (
        f"The form before this one was answered by {markdown(page.last_answer)}.\n" if page and page.last_answer else ""
    )


def _who(rotation: Rotation) -> str:
    """Who may fill in a form, and what the name in it is worth: the last sentences above its fields."""
    return (
        f"The role for {rotation.credential.name} is **{rotation.credential.role}**. rekey does not check yet who "
        'types a name: the ledger says "claimed by".\n'
    )


def _signed(rotation: Rotation, entry: RunInput, *, unrecorded: bool) -> RunInput:
    """The entry with a name that can be shown. Another name is asked for alone: Prefect keeps the rest meanwhile."""
    if not isinstance(entry, Signed):
        return entry
    problem = operators.problem_of(entry.operator)
    if problem is None:
        return entry.model_copy(update={"operator": operators.normalised(entry.operator)})
    named = ask_openly(
        rotation, Signed, NAME, _name_wanted, problem=problem, awaited="your name", unrecorded=unrecorded
    )
    return entry.model_copy(update={"operator": named.operator})


def _name_wanted(problem: str | None) -> str:
    why = markdown(problem or "", lines=True)
    return f"### Only your name is missing\n\n{why}\n\nWhat you entered is kept: nothing else has to be typed again.\n"


def forget(rotation: Rotation, key: str) -> None:
    """Delete Prefect's copy of an entry with nothing to keep; one that stays must not keep the form from coming."""
    try:
        typed_input.forget(rotation.flow_run_id, key)
    except Unreachable as error:
        get_run_logger().info("%s", error)


def name_of(typed: str, secret: SecretStr | None = None) -> str:
    """The name to record. One that looks like a key, pasted into the wrong field, is withheld; the entry goes on."""
    hidden = secret.get_secret_value().strip() if secret else ""
    if (hidden and hidden in typed) or any(len(word) > LONGEST_WORD_OF_A_NAME for word in typed.split()):
        return "name withheld (it looked like a key)"
    return typed.strip()


def _say_who_is_waited_for(
    rotation: Rotation, step: Step, key: str, problem: str | None, awaited: str, *, unrecorded: bool, told: bool
) -> None:
    where = f"{read_settings().prefect_ui_url}/runs/flow-run/{rotation.flow_run_id}"
    if problem:
        get_run_logger().warning("The last entry was not accepted. %s", problem)
    get_run_logger().info(
        "Waiting for %s: open %s, click the three dots in the upper right corner, then Resume.", awaited, where
    )
    context = {"step": step, "outcome": WAITING, "seconds": 0, "form": key, "where": where, "awaited": awaited}
    context |= {"run": rotation.flow_run_id, "told": told}
    try:
        write(rotation, Action.STEP, context)
    except LedgerError as error:
        if not unrecorded:
            raise
        # The form of a held rotation must come also when the ledger is what is wrong.
        get_run_logger().error("%s", error)


def _answered_all_the_same(rotation: Rotation, form: Any, key: str) -> RunInput | None:
    """Take back the pause whose dialogue with Prefect broke off; return what was submitted before that, if anything.

    The run is paused already when an answer of Prefect's was lost, maybe without a form that anybody sees, and Prefect
    refuses to pause it again or to store the form twice. Left alone, that ends the process. Raises Unreachable.
    """
    for pause_s in (*TAKE_BACK_PAUSES_S, None):
        try:
            prefect_runs.go_on(rotation.flow_run_id)
            # Only now: nobody can submit it any more.
            return _submitted(rotation, form, key)
        except Unreachable:
            if pause_s is None:
                raise
            time.sleep(pause_s)
    return None


def _submitted(rotation: Rotation, form: Any, key: str) -> RunInput | None:
    """What was submitted into this form; None for nothing, and for what the form does not take. Raises Unreachable."""
    values = typed_input.values(rotation.flow_run_id, key)
    try:
        entry: RunInput | None = None if values is None else form(**values)
    except ValidationError:
        # Not re-raised: it holds what was typed.
        return None
    return entry


def _say_who_answered(entry: RunInput, awaited: str) -> None:
    """Whoever has the same form open elsewhere reads on the run's page that it was answered, and by whom."""
    page = now.of_this_run()
    if page is not None:
        values = dict(entry)
        choice = f": {values['choice']}" if "choice" in values else ""
        page.answered(f"{name_of(str(values.get('operator', '')), values.get('secret'))} ({awaited}{choice})")


def _asked(
    rotation: Rotation, form: type[RunInput], key: str, step: Step, awaited: str, begun: Callable[[], None]
) -> RunInput | None:
    """What was entered; None when somebody resumed the run without the form, or past the server's check."""
    page = now.of_this_run()
    message = page.waits(rotation, step, awaited) if page else f"Waits for {awaited}."
    try:
        return pause_with(form, key, message, begun, timeout_s=FOREVER_S, poll_s=read_settings().form_poll_s)
    except ValidationError:
        # Not re-raised: it holds what was typed.
        return None
    except FlowPauseTimeout:
        timed_out = f"Nobody filled in the form within {FOREVER_S // 86400} days."
    raise StepError(timed_out, "Nothing that was done is lost: start the rotation again, and the same form comes back.")
