"""Since when the old pair is refused, written down: a death is noted, and withdrawn when it was none.

A pair that is accepted again never was dead: its host refused it for a while. ``History.died_at`` reads it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED

STEP = Step.AWAIT_HUMAN_INPUT
_DIED_AT = "old_died_at"


def note(rotation: Rotation, at: datetime, told: str) -> None:
    """Write down that it is refused since then. Raises LedgerError."""
    _write(rotation, told, {_DIED_AT: at.isoformat()})


def withdraw(rotation: Rotation, told: str) -> None:
    """Write down that it is accepted again. Raises LedgerError."""
    _write(rotation, told, {_DIED_AT: None, "lives": rotation.old})


def _write(rotation: Rotation, told: str, facts: dict[str, Any]) -> None:
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, **facts, "proofs": [told]})
