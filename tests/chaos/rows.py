"""Looks at a ledger's SQLite file from outside, and keeps others from writing to it: nothing of rekey knows of this."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from blocks.errors import LedgerError
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.prefect_api.recording import DONE

LOCK_WAIT_S = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a row matters here. ``number`` counts rows of the same label within a rotation."""

    sequence: int
    action: Action
    context: dict[str, Any]

    @property
    def label(self) -> str:
        """What it records: 'propagate done heroku raxx-mq-a', 'secret.rotate.completed'."""
        parts = (self.context.get(part) for part in ("step", "outcome", "subject"))
        if self.action is Action.STEP:
            return " ".join(part for part in parts if part)
        acted = self.context["act"]["step"] if self.action is Action.OPERATOR_ACTED else ""
        return f"{self.action.value} {acted}".strip()

    @property
    def done(self) -> str | None:
        """The step that it says is done."""
        return str(self.context["step"]) if self.context.get("outcome") == DONE and "step" in self.context else None


def ledger_file() -> Path:
    """The SQLite file that the settings of this process name."""
    return Path(os.environ["REKEY_LEDGER_URL"].removeprefix("sqlite:///"))


def rows_now(after: int = 0) -> list[Seen]:
    """The rows of the ledger that the settings name, SQLite or not. None while it does not answer."""
    url = os.environ["REKEY_LEDGER_URL"]
    if url.startswith("sqlite:"):
        return rows(ledger_file(), after)
    try:
        return [Seen(row.sequence, row.action, dict(row.context)) for row in Ledger(SecretStr(url)).rows(after=after)]
    except LedgerError:
        return []


def rows(file: Path, after: int = 0) -> list[Seen]:
    """The rows that are visible now, from behind that sequence number on."""
    # Not read-only: what a killed process left in the write-ahead log is recovered by whoever opens it first.
    connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=LOCK_WAIT_S)
    try:
        query = "SELECT sequence, action, context FROM rekey_ledger WHERE sequence > ? ORDER BY sequence"
        found = connection.execute(query, (after,)).fetchall()
    finally:
        connection.close()
    return [Seen(sequence, Action(action), json.loads(context)) for sequence, action, context in found]


def is_locked(file: Path) -> bool:
    """Whether somebody is in the middle of a transaction."""
    connection = sqlite3.connect(file, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Nobody else can write, and rekey's own reads wait as well, until the context ends."""
    lock = Lock(file)
    try:
        yield
    finally:
        lock.release()


class Lock:
    """Nobody else can write, and rekey's own reads wait as well, until another thread releases it."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        """Let others write again."""
        self._connection.close()
