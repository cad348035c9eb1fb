"""A question to the operator: the form, the step that asks, and what is said above its fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from prefect.input import RunInput

from blocks.model.step import Step
from blocks.text import IN_PREFECT

INCOMPLETE = f"The run was resumed without a complete form. Fill in every field. {IN_PREFECT} use Resume in the menu."
FormT = TypeVar("FormT", bound=RunInput)
# Markdown, given what was wrong with the last entry.
Text = Callable[[str | None], str]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Question(Generic[FormT]):
    """What one form asks for, until it is filled in."""

    form: type[FormT]
    step: Step
    text: Text
    # What is waited for, as the log and the timeline say it.
    awaited: str
    # What was wrong with the last entry.
    problem: str | None = None
    # The form has to come also when the ledger cannot take that somebody is asked.
    unrecorded: bool = False
    # People heard already that this form comes.
    told: bool = False
    # Whether rekey itself took the form back, asked when it came back without an entry.
    renewed: Callable[[], bool] = _never
    # The token by which rekey itself answers; empty where it never does.
    itself: str = ""
    # The process may end while nobody answers; the same run goes on with the answer then.
    may_be_left: bool = False
    # An answer that this very run was started again by is taken in place of asking: as this form, or as one with all
    # fields that such a form may have had. None where it asks in any case.
    adopts: type[FormT] | None = None
    # What is said of such an answer that is none to this form any more.
    not_taken: str = INCOMPLETE
