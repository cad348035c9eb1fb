"""The answer to a form that its run had left: the same run was started again by it, and goes on with it.

It counts as one that came while the process lived: the same proof is demanded, of what the form showed then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect.input import RunInput

from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.operators.registry import PASSKEY
from blocks.prefect_api import recording
from tasks.person import prove
from tasks.person.pause_form import submitted
from tasks.person.question import Question
from tasks.run import submissions


@dataclass(frozen=True, slots=True)
class Answered:
    """What was entered, None when the form does not take it any more; and the form, by its key and what it showed."""

    entry: RunInput | None
    form: str
    shown: str


def form_of(rotation: Rotation, step: Step) -> tuple[str, str] | None:
    """Key and hash of the form that this very run showed last in this step, if no run came to read it."""
    known = recording.history_of(rotation).forms
    newest = next((one for one in reversed(known.shown) if one.step == step), None)
    if newest is None or newest.run != rotation.flow_run_id or newest.form in known.read:
        return None
    return newest.form, newest.shown


def answer_to(rotation: Rotation, question: Question[Any]) -> Answered | None:
    """What was entered into that form; None when nobody did. Raises Unreachable while Prefect does not answer."""
    known = form_of(rotation, question.step)
    if known is None or submissions.values(rotation.flow_run_id, known[0]) is None:
        return None
    return Answered(_entry(rotation, known[0], question.form, question.adopts or question.form), *known)


def waited_s(rotation: Rotation, step: Step) -> float:
    """For how long the answer to that form waits for a run; 0 for none. Raises Unreachable."""
    known = form_of(rotation, step)
    return (known and submissions.age_s(rotation.flow_run_id, known[0])) or 0.0


def is_readable(rotation: Rotation, step: Step, form: type[RunInput]) -> bool:
    """Whether what was entered into that form can be read as this one. Raises Unreachable."""
    known = form_of(rotation, step)
    return known is not None and _entry(rotation, known[0], form) is not None


def _entry(rotation: Rotation, key: str, *forms: type[RunInput]) -> RunInput | None:
    """What was entered, as the first of these forms that takes it, with or without a proof: either may have changed."""
    for form in forms:
        for proof in (prove.asked_for(rotation.credential), PASSKEY):
            entry = submitted(rotation, prove.with_proof(form, proof), key)
            if entry is not None:
                return entry
    return None
