"""What the ledger alone does not tell of a rotation: whether its run lives, and how Prefect sees that run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blocks.answer import Answer
from blocks.errors import RekeyError
from blocks.ledger.history import History
from blocks.ledger.lease import Seen
from blocks.ledger.row import Action, Row
from deployments.local.ask_prefect import Prefect

PAUSED, RUNNING = "PAUSED", "RUNNING"
# A run that a worker is to begin.
BEGINS = {"SCHEDULED", "PENDING"}


@dataclass(frozen=True, slots=True)
class Seeing:
    """How the run that acts for a rotation, or acted last, is seen."""

    lives: Answer
    # The type of its state, such as PAUSED; or "unknown: " and why.
    prefect: str
    run: str
    # Whether its process left the form, which waits without it.
    is_left: bool = False


def prefect_says(run: str) -> str:
    """The type of a run's state, such as PAUSED; or "unknown: " and why."""
    try:
        with Prefect() as prefect:
            return prefect.state_of(run)
    except RekeyError as error:
        return f"unknown: {error.problem}"


def left_form(known: History) -> Row | None:
    """The row of the form that waits without a process, as far as the ledger says; None where none does.

    What is noted since, such as that nobody came, changes nothing of that.
    """
    waiting = next((row for row in reversed(known.rows) if row.facts.is_waiting), None)
    if waiting is None or waiting.facts.form not in {row.facts.form_left for row in known.rows if row.facts.form_left}:
        return None
    since = (row.facts for row in known.rows if row.sequence > waiting.sequence)
    return None if any(one.is_done and one.step == waiting.facts.step for one in since) else waiting


def with_left_form(known: History, seeing: Seeing) -> Seeing:
    """A rotation whose process left its form is not dead while Prefect shows that form, or begins its run again."""
    is_there = seeing.prefect in {PAUSED, RUNNING, *BEGINS} or seeing.prefect.startswith("unknown")
    if seeing.lives is Answer.NO and is_there and left_form(known) is not None:
        is_known = not seeing.prefect.startswith("unknown")
        return replace(seeing, lives=Answer.YES if is_known else Answer.UNKNOWN, is_left=True)
    return seeing


def acting(known: History, start: Row, living: Seen | None) -> Seen | None:
    """The lease of the run that acts for the rotation; watch holds it for moments while a form waits without one."""
    is_anothers = living is not None and living.flow_run_id != start.facts.flow_run_id
    return None if is_anothers and left_form(known) is not None else living


def last_of(known: History, start: Row, seeing: Seeing) -> Row:
    """The newest row that says how the rotation with this start is."""
    left = left_form(known) if seeing.is_left else None
    if left is not None:
        return left
    newest = [row for row in known.rows if row.action is Action.HELD or row.facts.is_done or row.facts.is_waiting]
    return newest[-1] if newest else start
