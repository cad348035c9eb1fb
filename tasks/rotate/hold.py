"""Hold: a step cannot go on. People are told, the brakes go on, and the operator chooses how it goes on.

After the dashboard link was shown there are three ways: try again, another pair, or stop and stay held with the brakes
on. Before it, no key was touched: then the rotation can be ended, and trading, if it was stopped, goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from prefect import task
from prefect.logging import get_run_logger

from blocks.errors import Interrupted, LeaseLost, LedgerError, RekeyError, RunOver, Stopped, VendorError
from blocks.ledger.row import Action
from blocks.model.rotation import Decision, Rotation, Todo, Verdict
from blocks.model.step import Step
from blocks.operators.policy import NONE
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import words_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.text import markdown
from blocks.wire.parallel import together
from tasks.brakes import brakes, standstill
from tasks.lookout import way_back
from tasks.lookout.lookout import Lookout
from tasks.person import answer_itself, prove, tell_form
from tasks.person.answer_itself import AgainByItself
from tasks.person.ask import Renewed, ask_openly
from tasks.person.question import Question
from tasks.person.tell_end import trading
from tasks.rotate import no_return
from tasks.rotate.ended_here import ended_here
from tasks.rotate.hold_form import (
    ANOTHER_PAIR,
    RETRY,
    STAY_HELD,
    Held,
    MayEnd,
    NotBegun,
    another_of,
    end_of,
    form_of,
    in_words_of,
    text_of,
)
from tasks.run import policy
from tasks.run.notify import Kind, notify
from tasks.run.typed_name import name_of
from tasks.watch.look_after import held_by_the_end_of_its_run

STEP = Step.HOLD
UNEXPECTED = "An error that rekey does not know of"


@task(name=STEP.value, **policy.HUMAN)
def hold(rotation: Rotation, last: Decision, problem: Exception) -> Decision:
    """Stop trading as well as possible, tell people, ask; return how the rotation goes on."""
    if isinstance(problem, LeaseLost):
        # Whatever there is to hold, the other run holds it.
        return Decision(stopped=str(problem))
    if isinstance(problem, RunOver):
        return Decision(stopped=held_by_the_end_of_its_run(rotation, str(problem)))
    reason = _reason_of(problem)
    if not no_return.is_passed(rotation):
        return no_return.ended_before(rotation, reason)
    if isinstance(problem, Stopped):
        not_yet = way_back.why_not(rotation)
        if not_yet is None:
            return ended_here(rotation, reason)
        reason = f"{reason} {not_yet}"
    trouble = _trouble_of(problem, reason)
    again = last.again if last.held_for == trouble else 0
    is_old = bool(again) and standstill.is_known_to_be_lost(rotation)
    # At the same time: telling people may take its time.
    known, (proved, braked) = together(
        partial(_tell, rotation, reason, is_news=not (again or isinstance(problem, Interrupted))),
        partial(brakes.engaged_as_well_as_possible, rotation, Record()),
    )
    if not (proved or is_old):
        notify(rotation, f"{rotation.credential.name}: trading may be on", braked)
    pause_s = answer_itself.pause_s(again) if getattr(problem, "transient", False) else None
    # A message that it is held tells its form as well; of the same trouble, the one before did.
    known = tell_form.was_told(rotation) if again else known
    text = partial(text_of, rotation, reason, braked, again_s=pause_s)
    entry, operator = _decided(rotation, text, pause_s, told=known)
    if entry.choice == end_of(rotation.credential):
        return ended_here(rotation, f"{operator} stopped here. {reason}")
    if entry.choice == STAY_HELD:
        return Decision(stopped=f"{operator} stopped; {rotation.credential.name} stays held. {braked} {reason}")
    if entry.choice == another_of(rotation.credential):
        chosen = markdown(f"{reason} {operator}", lines=True)
        told = f"{chosen} chose to {ANOTHER_PAIR}: {words_of(rotation.credential).click} once more."
        return Decision(another=Verdict(None, told, todo=Todo.REGENERATE))
    return Decision(held_for=trouble, again=again + 1 if operator is None else 0)


def _trouble_of(problem: Exception, reason: str) -> str:
    """What counts as the same trouble: a vendor that is down is down for whichever question is asked next."""
    if isinstance(problem, VendorError) and problem.transient:
        return f"{problem.vendor} {type(problem).__name__}"
    return re.sub(r"request \S+", "", reason)


def _reason_of(problem: Exception) -> str:
    """The text of a foreign error may hold anything, so only its kind is told."""
    if isinstance(problem, RekeyError):
        return str(problem)
    return f"{UNEXPECTED} stopped a step ({type(problem).__name__}). Read the run's log, and report it as a bug."


def _decided(
    rotation: Rotation, text: Callable[..., str], again_s: float | None, *, told: bool
) -> tuple[Held | MayEnd | NotBegun, str | None]:
    """What was chosen, and by whom. A choice that cannot be recorded is asked for again: the ledger is to be mended.

    So is the choice to end, when a key may have been regenerated while the form was open. ``told`` when people know of
    the form.
    """
    problem: str | None = None
    another = another_of(rotation.credential)
    while True:
        form = form_of(rotation)
        shown = in_words_of(rotation.credential, form)
        question = Question(shown, STEP, partial(text, form=form), "a decision", unrecorded=True)
        lookout = Lookout(rotation, STEP, lacks_the_way_back=form is Held)
        try:
            proves = prove.asked_for(rotation.credential) != NONE
            with lookout, AgainByItself(rotation.flow_run_id, RETRY, again_s, proves=proves) as by_itself:
                question = replace(question, problem=problem, told=told, renewed=lookout.renews, itself=by_itself.token)
                entry = ask_openly(rotation, question)
        except Renewed:
            # That it comes again was told.
            problem, told = None, True
            continue
        problem = way_back.why_not(rotation) if entry.choice == end_of(rotation.credential) else None
        if problem:
            continue
        operator = None if by_itself.filled_in(entry.operator) else name_of(entry.operator)
        try:
            with recorded(rotation, STEP) as record:
                if operator:
                    record.decided_by(operator)
                record.note(choice=entry.choice, another_pair=entry.choice == another)
                record.prove(f"{operator or 'rekey'} chose: {entry.choice}.")
        except LedgerError as error:
            problem = str(error)
        else:
            if operator and entry.choice in {RETRY, another}:
                goes_on = f"{operator} chose: {entry.choice}. {trading(rotation)}".strip()
                notify(rotation, f"{rotation.credential.name} goes on", goes_on, kind=Kind.NEWS)
            return entry, operator


def _tell(rotation: Rotation, reason: str, *, is_news: bool) -> bool:
    """Whether people were told now. The ledger itself may be what is wrong: the form has to come all the same."""
    if not is_news:
        return False
    stands = trading(rotation)
    if "not stopped by this rotation" in stands:
        stands = "rekey is stopping trading now; if that is not proved, another message says so."
    told = notify(rotation, f"{rotation.credential.name} is held", f"{reason} {stands}".strip())
    try:
        recording.write(
            rotation, Action.HELD, {"reason": reason, "what_would_help": "a choice in the form of the run's page"}
        )
    except LedgerError as error:
        get_run_logger().error("%s", error)
    return told
