"""Whether trading is proved to stand still, as the ledger has it: written down whenever that changes."""

from __future__ import annotations

from collections.abc import Sequence

from blocks import recording
from blocks.ledger import Action, Row
from blocks.recording import DONE, NOTED
from blocks.rotation import Rotation

STEP = "pause"
_PROVED = "brakes_proved"


def newest(rows: Sequence[Row]) -> Row | None:
    """The newest row of a rotation by which its brakes are, or are not, proved to be on; None before any of them."""
    return next((row for row in reversed(rows) if _says_so(row)), None)


def is_proved(rows: Sequence[Row]) -> bool | None:
    """Whether they are proved to be on; None when nothing was written down of it yet."""
    row = newest(rows)
    if row is None:
        return None
    return bool(row.context.get(_PROVED, "resumed_at" not in row.context))


def note(rotation: Rotation, *, proved: bool) -> None:
    """Write down whether they are proved to be on, unless that was written last. Raises LedgerError."""
    if is_proved(recording.open_ledger().rows(rotation=rotation.id)) is not proved:
        told = "The brakes are proved to be on." if proved else "The brakes are not proved to be on."
        recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, _PROVED: proved, "proofs": [told]})


def note_again(rotation: Rotation) -> None:
    """Write down that they are proved to be on again, if it was written last that they are not. Raises LedgerError."""
    if is_proved(recording.open_ledger().rows(rotation=rotation.id)) is False:
        note(rotation, proved=True)


def _says_so(row: Row) -> bool:
    context = row.context
    return (
        _PROVED in context
        or "resumed_at" in context
        or (context.get("step") == STEP and context.get("outcome") == DONE)
    )
