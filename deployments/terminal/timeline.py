"""Shows a rotation as it goes on: one readable line for each step, from the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.text import terminal

INDENT = " " * 32


def lines_of(row: Row) -> Iterator[str]:
    """The lines for one ledger row: time, step, seconds, and what was proved below it.

    Also rows that hold what a terminal would obey: written by an older rekey, or by somebody else.
    """
    for line in _lines_of(row):
        yield from (terminal(part) for part in line.split("\n"))


def _lines_of(row: Row) -> Iterator[str]:
    clock = f"{row.at:%H:%M:%S}"
    if row.action is not Action.STEP:
        told = row.facts.problem or row.facts.reason or _health(row)
        yield f"{clock}  {row.credential} {row.action.value.removeprefix('secret.')} {told}".rstrip()
        return
    facts = row.facts
    if facts.is_waiting:
        yield f"{clock}  {facts.step:<20} waiting for {facts.awaited}: {facts.where}"
        return
    name = f"{facts.step} {facts.subject or ''}".strip()
    if facts.is_noted:
        for sentence in facts.proofs:
            yield f"{clock}  {name:<20} {sentence}"
        return
    # A step that is done and tells a problem has said no: validate, to a pair that is not the right one.
    mark = "FAILED" if not facts.is_done else "no" if facts.problem else "ok"
    yield f"{clock}  {name:<44} {mark:<6} {facts.seconds or 0:7.1f} s"
    for sentence in facts.proofs:
        yield f"{INDENT}{sentence}"
    if facts.problem:
        yield f"{INDENT}! {facts.problem}"


def _health(row: Row) -> str:
    """What a health run found, and what of it is new."""
    if row.action is not Action.HEALTH_CHECKED:
        return ""
    changed = ", ".join(row.facts.changed)
    return f"{row.facts.outcome}{f', changed: {changed}' if changed else ''}"


class Follower:
    """Remembers how far the ledger was shown."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._shown = ledger.head().sequence

    def new_rows(self) -> list[Row]:
        """The rows since the last call."""
        rows = self._ledger.rows(after=self._shown)
        if rows:
            self._shown = rows[-1].sequence
        return rows
