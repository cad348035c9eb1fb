"""Pauses the run with a form and returns what was entered.

Every form has a key of its own, so that "Retry" in the UI asks again instead of reusing what was judged before. What is
not secret is deleted from Prefect as soon as it is read.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial
from typing import Any, Literal, cast

import httpx
from prefect.exceptions import Pause, PrefectHTTPStatusError
from prefect.input import RunInput
from prefect.logging import get_run_logger

from blocks import doing
from blocks.errors import CatalogError, LedgerError, ProofRefused, Transient, Unreachable, VendorError
from blocks.free_text import secret_in
from blocks.ledger import operators
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.operators import act
from blocks.operators.policy import NONE
from blocks.prefect_api import recording
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.issuers import kind_of, words_of
from blocks.prefect_api.leave import FormLeft
from tasks.person import left_form, pause_form, prove, who_answers
from tasks.person.forms import Signed, choice
from tasks.person.problem import in_a_form
from tasks.person.question import INCOMPLETE, FormT, Question
from tasks.person.tell_form import Telling
from tasks.run import submissions as typed_input

# The step of the form that asks for nothing but a name.
NAME = Step.NAME
# See the form ``Whose``.
MINE = "I entered it: go on with it"
NOBODYS = "What was entered before was of nobody, and is deleted."


class Whose(Signed):
    """Whose a pair is that was entered, and by whom is not proved."""

    choice: Literal["I entered it: go on with it", "nobody of us entered it: delete it, and ask again"] = choice(
        "Whose is it?"
    )


class Renewed(Exception):
    """rekey itself took a form back, which has to offer something else now. What was typed into it is kept."""

    def __init__(self, key: str) -> None:
        super().__init__("A form was taken back.")
        self.key = key


def ask(rotation: Rotation, question: Question[FormT]) -> tuple[FormT, str]:
    """Show the form until it is filled in; return the entry and the base of the keys under which Prefect keeps it.

    Raises LedgerError when the ledger cannot take that somebody is asked (nobody may be told to click then), unless the
    question goes unrecorded. Raises Unreachable when Prefect does not take a pause back that nobody can answer; and
    Renewed for a form that came back without an entry, when the question's ``renewed`` says that rekey did so.
    """
    in_words = words_of(rotation.credential).said
    question = replace(question, awaited=in_words(question.awaited))
    adopted, question = _adopted(rotation, question)
    while adopted is None:
        key = f"{rotation.id}-{question.step.replace('_', '-')}-{secrets.token_hex(3)}"
        proof = prove.asked_for(rotation.credential)
        said = f"{question.text(question.problem)}\n{who_answers.last_answer()}{who_answers.who_may(rotation, proof)}"
        said = in_words(said)
        shown = prove.with_proof(question.form, proof).with_initial_data(description=said)
        mark = prove.shown_by(shown, said) if proof != NONE else ""
        who_answers.waits_for(rotation, question, f"paused-{key}", mark)
        telling = Telling(rotation, f"paused-{key}", question.awaited, told=question.told)
        try:
            with doing.waiting(), telling:
                entry = pause_form.entered(rotation, question, shown, key, telling.begin)
        except FormLeft:
            raise
        except (Pause, PrefectHTTPStatusError, httpx.HTTPError) as fault:
            get_run_logger().warning(
                "The form did not come, or its answer did not: Prefect (%s).", type(fault).__name__
            )
            entry = pause_form.answered_all_the_same(rotation, shown, f"paused-{key}")
            if entry is None:
                forget(rotation, f"paused-{key}")
                # The form that comes in its place waits for the same.
                question = replace(question, told=telling.told)
                continue
        if entry is None:
            # Prefect's client takes every 404 for "nothing was submitted", also one of something before Prefect.
            entry = pause_form.answered_all_the_same(rotation, shown, f"paused-{key}")
        # It may have been open for hours: what was corrected meanwhile counts.
        CACHE.forget()
        if entry is not None:
            signed, problem = _proved(rotation, question, entry, f"paused-{key}", mark)
            if signed is None:
                # Also what was typed, when an operator says that it is nobody's.
                forget(rotation, f"paused-{key}")
                question = replace(question, problem=problem, told=False)
                continue
            who_answers.was_answered(signed, question.awaited)
            return cast("FormT", signed), f"paused-{key}"
        if question.renewed():
            raise Renewed(f"paused-{key}")
        forget(rotation, f"paused-{key}")
        question = replace(question, problem=INCOMPLETE, told=False)
    return adopted


def _adopted(rotation: Rotation, question: Question[FormT]) -> tuple[tuple[FormT, str] | None, Question[FormT]]:
    """What was entered while no process waited, if it counts; else the question, with why not, and it is deleted."""
    before = left_form.answer_to(rotation, question) if question.adopts is not None else None
    if before is None:
        return None, question
    signed, problem = None, question.not_taken
    if before.entry is not None:
        signed, problem = _proved(rotation, question, before.entry, before.form, before.shown)
    if signed is None:
        forget(rotation, before.form)
        return None, replace(question, problem=problem, told=False)
    who_answers.was_answered(signed, question.awaited)
    return (cast("FormT", signed), before.form), question


def ask_openly(rotation: Rotation, question: Question[FormT]) -> FormT:
    """Show a form without a secret until it is filled in; return the entry. Prefect's copy is deleted at once.

    Raises Renewed when ``renewed`` says that rekey itself took the form back.
    """
    try:
        entry, key = ask(rotation, question)
    except Renewed as taken:
        forget(rotation, taken.key)
        raise
    forget(rotation, key)
    return entry


def whose_entry(rotation: Rotation, mark: str, problem: str) -> str | None:
    """Which operator proves to have entered what is kept, a pair with this ``mark``; None when it is nobody's.

    ``problem`` says why what was entered with it does not prove that.
    """
    text = partial(_whose, rotation, mark)
    wanted = Question(Whose, Step.PROOF, text, "a proof of who entered the pair", problem=problem)
    answer = ask_openly(rotation, wanted)
    return answer.operator if answer.choice == MINE else None


def _whose(rotation: Rotation, mark: str, problem: str | None) -> str:
    why = f"{in_a_form(problem)}\n\n" if problem else ""
    return (
        f"### {rotation.credential.name}: who entered this pair?\n\n{why}A pair was entered ({mark}). It is kept, and "
        "not looked at before an operator proves to have entered it. Nothing has to be typed again.\n"
    )


def _proved(
    rotation: Rotation, question: Question[Any], entry: RunInput, key: str, mark: str
) -> tuple[RunInput | None, str]:
    """The entry in the name of whoever proved to have made it; None when it does not count, and why."""
    if not isinstance(entry, Signed):
        return entry, ""
    # Before a proof is looked at: that keeps what was signed in the ledger.
    texts = act.texts_of(dict(entry), tuple(kind_of(rotation.credential).fields))
    problem = next(filter(None, map(secret_in, texts)), "")
    if problem:
        return None, problem
    try:
        answer = prove.Answered(question.step, rotation.flow_run_id, key, mark, dict(entry))
        proof = prove.demand(rotation, answer, question.itself)
        if proof is not None:
            return entry.model_copy(update={"operator": proof.who}), ""
    except ProofRefused as refused:
        problem = str(refused)
        prove.refused(rotation, key, refused)
    except (CatalogError, LedgerError, Transient, VendorError) as error:
        # The form of a held rotation must come whatever is wrong.
        problem = f"Who answered could not be looked at. {error}"
    if not problem:
        return _signed(rotation, entry, unrecorded=question.unrecorded), ""
    what = prove.pair_in(rotation, key, dict(entry))
    who = whose_entry(rotation, what, problem) if what else None
    return (entry.model_copy(update={"operator": who}), "") if who else (None, NOBODYS if what else problem)


def _signed(rotation: Rotation, entry: RunInput, *, unrecorded: bool) -> RunInput:
    """The entry with a name that can be shown. Another name is asked for alone: Prefect keeps the rest meanwhile."""
    if not isinstance(entry, Signed):
        return entry
    problem = operators.problem_of(entry.operator)
    if problem is None:
        name = operators.normalised(entry.operator)
        recording.claimed(rotation.id, name)
        return entry.model_copy(update={"operator": name})
    wanted = Question(Signed, NAME, _name_wanted, "your name", problem=problem, unrecorded=unrecorded)
    named = ask_openly(rotation, wanted)
    return entry.model_copy(update={"operator": named.operator})


def _name_wanted(problem: str | None) -> str:
    why = in_a_form(problem or "")
    return f"### Only your name is missing\n\n{why}\n\nWhat you entered is kept: nothing else has to be typed again.\n"


def forget(rotation: Rotation, key: str) -> None:
    """Delete Prefect's copy of an entry with nothing to keep; one that stays must not keep the form from coming."""
    try:
        typed_input.forget(rotation.flow_run_id, key)
    except Unreachable as error:
        get_run_logger().info("%s", error)
