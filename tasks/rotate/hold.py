"""Hold: a step cannot go on. People are told, the brakes go on, and the operator chooses how it goes on.

After the dashboard link was shown there are three ways: try again, another pair, or stop and stay held with the brakes
on. Before it, no key was touched: then the rotation can be ended, and trading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

from prefect import task
from prefect.logging import get_run_logger

from blocks.errors import Interrupted, LeaseLost, LedgerError, RekeyError, RunOver, Stopped, VendorError
from blocks.ledger import lease
from blocks.ledger.ledger import Action
from blocks.ledger.trading import left_on
from blocks.model.rotation import Rotation, Todo, Verdict
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.settings import read_settings
from blocks.text import markdown
from blocks.vaults import pending
from blocks.wire.parallel import together
from tasks.brakes import brakes, standstill
from tasks.lookout import way_back
from tasks.lookout.lookout import Lookout
from tasks.lookout.way_back import STOP_HERE
from tasks.person import answer_itself, tell_form
from tasks.person.answer_itself import AgainByItself
from tasks.person.ask import Renewed, ask_openly, name_of
from tasks.person.forms import Signed, choice
from tasks.person.question import Question
from tasks.person.tell_end import tell_end, trading
from tasks.rotate import no_return
from tasks.run import policy
from tasks.run.notify import Kind, notify
from tasks.watch.look_after import held_by_the_end_of_its_run

STEP = Step.HOLD
RETRY = "retry this step"
ANOTHER_PAIR = "enter another pair"
STAY_HELD = "stop and stay held"
END = STOP_HERE
MINUTE_S = 60
UNEXPECTED = "An error that rekey does not know of"


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


@task(name=STEP.value, **policy.HUMAN)
def hold(rotation: Rotation, last: Verdict, problem: Exception) -> Verdict:
    """Stop trading as well as possible, tell people, ask; return with which verdict the rotation goes on."""
    if isinstance(problem, LeaseLost):
        # Whatever there is to hold, the other run holds it.
        return Verdict(None, stopped=str(problem))
    if isinstance(problem, RunOver):
        return Verdict(None, stopped=held_by_the_end_of_its_run(rotation, str(problem)))
    reason = _reason_of(problem)
    if not no_return.is_passed(rotation):
        return no_return.ended_before(rotation, reason)
    if isinstance(problem, Stopped):
        not_yet = way_back.why_not(rotation)
        if not_yet is None:
            return _ended(rotation, reason)
        reason = f"{reason} {not_yet}"
    trouble = _trouble_of(problem, reason)
    again = last.again if last.held_for == trouble else 0
    is_old = bool(again) and standstill.is_known_to_be_lost(rotation)
    # At the same time: Slack may take its time.
    known, (proved, braked) = together(
        partial(_tell, rotation, reason, is_news=not (again or isinstance(problem, Interrupted))),
        partial(brakes.engaged_as_well_as_possible, rotation, Record()),
    )
    if not (proved or is_old):
        notify(rotation, f"{rotation.credential.name}: trading may be on", braked)
    pause_s = answer_itself.pause_s(again) if getattr(problem, "transient", False) else None
    # A message that it is held tells its form as well; of the same trouble, the one before did.
    known = tell_form.was_told(rotation) if again else known
    text = partial(_text, rotation, reason, braked, again_s=pause_s)
    entry, operator = _decided(rotation, text, pause_s, told=known)
    if entry.choice == END:
        return _ended(rotation, f"{operator} stopped here. {reason}")
    if entry.choice == STAY_HELD:
        return Verdict(None, stopped=f"{operator} stopped; {rotation.credential.name} stays held. {braked} {reason}")
    if entry.choice == ANOTHER_PAIR:
        chosen = markdown(f"{reason} {operator}", lines=True)
        told = f"{chosen} chose to enter another pair: click **Regenerate** once more."
        return Verdict(None, told, todo=Todo.REGENERATE)
    return replace(last, held_for=trouble, again=again + 1 if operator is None else 0)


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


def _form(rotation: Rotation) -> type[Held | MayEnd | NotBegun]:
    if not way_back.is_open(rotation):
        return Held
    return MayEnd if _link_was_shown(rotation) else NotBegun


def _decided(
    rotation: Rotation, text: Callable[..., str], again_s: float | None, *, told: bool
) -> tuple[Held | MayEnd | NotBegun, str | None]:
    """What was chosen, and by whom. A choice that cannot be recorded is asked for again: the ledger is to be mended.

    So is the choice to end, when a key may have been regenerated while the form was open. ``told`` when people know of
    the form.
    """
    problem: str | None = None
    while True:
        form = _form(rotation)
        question = Question(form, STEP, partial(text, form=form), "a decision", unrecorded=True)
        lookout = Lookout(rotation, STEP, lacks_the_way_back=form is Held)
        try:
            with lookout, AgainByItself(rotation.flow_run_id, RETRY, again_s) as by_itself:
                entry = ask_openly(rotation, replace(question, problem=problem, told=told, renewed=lookout.renews))
        except Renewed:
            # That it comes again was told.
            problem, told = None, True
            continue
        problem = way_back.why_not(rotation) if entry.choice == END else None
        if problem:
            continue
        operator = None if by_itself.filled_in(entry.operator) else name_of(entry.operator)
        try:
            with recorded(rotation, STEP) as record:
                if operator:
                    record.decided_by(operator)
                record.note(choice=entry.choice, another_pair=entry.choice == ANOTHER_PAIR)
                record.prove(f"{operator or 'rekey'} chose: {entry.choice}.")
        except LedgerError as error:
            problem = str(error)
        else:
            if operator and entry.choice in {RETRY, ANOTHER_PAIR}:
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


def _ended(rotation: Rotation, reason: str) -> Verdict:
    """Release the brakes that this rotation engaged, and close it: no key was touched."""
    told, helps = "The rotation is over, and trading goes on as before.", ""
    unknown: list[str] = []
    try:
        with recorded(rotation, Step.RESUME) as record:
            brakes.off(rotation, record)
            unknown = brakes.unknown_before(rotation)
        if unknown:
            helps = f"Look at the brakes: {left_on([], unknown)}."
            told = f"The rotation is over. {helps}"
    except RekeyError as error:
        helps = "Release the brakes by hand: trading is not proved to be on again."
        told = f"The rotation is over, but trading is NOT proved to be on again: {error} Release the brakes by hand."
    told += _copy_deleted(rotation)
    over = f"{rotation.credential.name}: the rotation is over"
    tell_end(rotation, over, f"{reason} {told} {'' if unknown else trading(rotation)}".strip(), good=not helps)
    try:
        recording.write(rotation, Action.ABORTED, {"reason": f"{reason} {told}", "what_would_help": helps})
    except LedgerError as error:
        told = f"{told} The ledger does not say so: {error} Then end it there with `rekey ledger close`."
    return Verdict(None, stopped=f"{reason} {told}")


def _copy_deleted(rotation: Rotation) -> str:
    """Delete the copy of the current pair that pause kept; a sentence when it stays."""
    place = rotation.credential.vault
    try:
        lease.prove()
        with estate.vault().get_client() as client:
            pending.drop(client, place, [rotation.old])
    except RekeyError as error:
        folder = pending.folder_of(place).path
        return f" A copy of the current pair is left in the vault's folder {folder}, where nobody reads it: {error}"
    return ""


def _text(
    rotation: Rotation, reason: str, braked: str, problem: str | None, *, form: type[Signed], again_s: float | None
) -> str:
    name = rotation.credential.name
    said = partial(markdown, lines=True, ours=read_settings().prefect_ui_url)
    returned = f"### Not yet\n\n{said(problem)}\n\n" if problem else ""
    by_itself = f"rekey tries again by itself, next {_in(again_s)}; you need not do anything.\n\n" if again_s else ""
    # Nothing was done with a pair yet where the rotation may be ended.
    retry = f"- **{RETRY}**: when you have mended what is said above."
    done = " What is done already is only proved again." if form is not NotBegun else ""
    touched = (
        f"""
- **{ANOTHER_PAIR}**: the form for the new pair comes back, and says what to click.
- **{STAY_HELD}**: this run ends and everything stays as it is. Starting the rotation of {name} again goes on from \
here."""
        if form is not NotBegun
        else ""
    )
    end = {
        Held: "",
        MayEnd: f"\n- **{END}**: only while nobody clicked Regenerate. rekey proves that the old pair lives, releases "
        "the brakes that it engaged, and this rotation is over.",
        NotBegun: f"\n- **{END}**: no key was touched. rekey releases the brakes that it engaged, and this rotation is "
        "over.",
    }[form]
    return f"""{returned}### Choose how to go on: {name} is held

{said(reason)}

{said(_stands(rotation, braked))}

{by_itself}{retry}{done}{touched}{end}
"""


def _stands(rotation: Rotation, braked: str) -> str:
    """What was heard of the brakes, and since when by the ledger; one that does not answer takes nothing of it back."""
    stands = trading(rotation)
    return braked if stands.endswith("the ledger does not answer.") else f"{braked} {stands}".strip()


def _in(seconds: float) -> str:
    return f"in {seconds:.0f} s" if seconds < MINUTE_S else f"in {seconds / MINUTE_S:.0f} min"
