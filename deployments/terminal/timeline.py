"""Shows a rotation as it goes on: one readable line for each step, from the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from blocks.ledger.ledger import Action, Ledger, Row
from blocks.ledger.outcomes import DONE, NOTED, WAITING
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
        told = row.context.get("problem") or row.context.get("reason") or _health(row)
        yield f"{clock}  {row.credential} {row.action.value.removeprefix('secret.')} {told}".rstrip()
        return
    context = row.context
    if context["outcome"] == WAITING:
        yield f"{clock}  {context['step']:<20} waiting for {context['awaited']}: {context['where']}"
        return
    name = f"{context['step']} {context.get('subject', '')}".strip()
    if context["outcome"] == NOTED:
        for sentence in context.get("proofs", []):
            yield f"{clock}  {name:<20} {sentence}"
        return
    # A step that is done and tells a problem has said no: validate, to a pair that is not the right one.
    mark = "FAILED" if context["outcome"] != DONE else "no" if context.get("problem") else "ok"
    yield f"{clock}  {name:<44} {mark:<6} {context['seconds']:7.1f} s"
    for sentence in context.get("proofs", []):
        yield f"{INDENT}{sentence}"
    if context.get("problem"):
        yield f"{INDENT}! {context['problem']}"


def _health(row: Row) -> str:
    """What a health run found, and what of it is new."""
    if row.action is not Action.HEALTH_CHECKED:
        return ""
    changed = ", ".join(row.context["changed"])
    return f"{row.context['outcome']}{f', changed: {changed}' if changed else ''}"


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
