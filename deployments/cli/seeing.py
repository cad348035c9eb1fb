"""What the ledger alone does not tell of a rotation: whether its run lives, and how Prefect sees that run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blocks.answer import Answer
from blocks.ledger.history import History
from blocks.ledger.row import Action, Row

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


def with_left_form(known: History, last: Row, seeing: Seeing) -> Seeing:
    """A rotation whose process left its form is not dead while Prefect shows that form, or begins its run again."""
    left = next((row.facts.form_left for row in reversed(known.rows) if row.facts.form_left), "")
    is_there = seeing.prefect in {PAUSED, *BEGINS} or seeing.prefect.startswith("unknown")
    is_the_last = bool(left) and last.facts.is_waiting and left == last.facts.form
    if seeing.lives is Answer.NO and is_the_last and is_there:
        is_known = not seeing.prefect.startswith("unknown")
        return replace(seeing, lives=Answer.YES if is_known else Answer.UNKNOWN, is_left=True)
    return seeing


def last_of(known: History, start: Row) -> Row:
    """The newest row that says how the rotation with this start is."""
    newest = [row for row in known.rows if row.action is Action.HELD or row.facts.is_done or row.facts.is_waiting]
    return newest[-1] if newest else start
