"""Since when the old pair is refused, as the ledger has it: a death is noted, and withdrawn when it was none.

The newest row counts. A pair that is accepted again never was dead: its host refused it for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from blocks.ledger.ledger import Action, Row
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED

STEP = Step.AWAIT_HUMAN_INPUT
_DIED_AT = "old_died_at"


def died_at(rows: Sequence[Row]) -> str | None:
    """When the old pair of these rows' rotation was refused first; None when nobody saw it, or it lives again."""
    died: str | None = None
    for row in rows:
        if _DIED_AT in row.context:
            at = row.context[_DIED_AT]
            # The outage began with the first refusal.
            died = None if at is None else died or str(at)
    return died


def note(rotation: Rotation, at: datetime, told: str) -> None:
    """Write down that it is refused since then. Raises LedgerError."""
    _write(rotation, told, {_DIED_AT: at.isoformat()})


def withdraw(rotation: Rotation, told: str) -> None:
    """Write down that it is accepted again. Raises LedgerError."""
    _write(rotation, told, {_DIED_AT: None, "lives": rotation.old})


def _write(rotation: Rotation, told: str, facts: dict[str, Any]) -> None:
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, **facts, "proofs": [told]})
