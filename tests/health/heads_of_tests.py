"""A ledger in a file that somebody can change, and heads of it that were posted."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from blocks.check import Check, asked
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from tasks.health import shared
from tasks.run.notify import tell
from tests.health.support import post_head
from tests.operator import Operator
from tests.steps.support import alone

File = Path


def write(ledger: Ledger, count: int, actor: str = "somebody") -> None:
    """More rows."""
    for _ in range(count):
        ledger.append(Action.STEP, rotation="r-1", credential="alpaca-paper", actor=actor)


def post_to_prefect(operator: Operator) -> None:
    """As the end of a rotation and a health run do."""
    post_head(operator)


def post_to_slack(operator: Operator) -> None:
    """As every alarm does."""
    before = len(operator.estate.slack.messages)
    assert alone(lambda: tell("Something happened", "It did.", "Look at it.", {})).is_completed()
    assert len(operator.estate.slack.messages) == before + 1


def cut(file: File) -> None:
    """Take the newest row away, by hand."""
    with sqlite3.connect(file) as database:
        database.execute("DROP TRIGGER rekey_ledger_no_delete")
        database.execute("DELETE FROM rekey_ledger WHERE sequence = 6")
        database.execute(
            "CREATE TRIGGER rekey_ledger_no_delete BEFORE DELETE ON rekey_ledger "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def older_copy(file: File) -> None:
    """Put a copy in its place that was made before."""
    shutil.copy(file.with_suffix(".copy"), file)


def looked() -> Check:
    """What health says of the ledger."""
    return asked("", "ledger", shared.ledger)
