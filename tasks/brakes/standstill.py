"""Writes down whether trading is proved to stand still, whenever that changes (blocks/ledger/trading.py reads it)."""

from __future__ import annotations

from blocks.errors import LedgerError
from blocks.ledger.row import Action
from blocks.ledger.trading import PAUSE, PROVED
from blocks.model.rotation import Rotation
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED


def note(rotation: Rotation, *, proved: bool) -> None:
    """Write down whether they are proved to be on, unless that was written last. Raises LedgerError."""
    if recording.history_of(rotation).brakes.proved is not proved:
        told = "The brakes are proved to be on." if proved else "The brakes are not proved to be on."
        recording.write(rotation, Action.STEP, {"step": PAUSE, "outcome": NOTED, PROVED: proved, "proofs": [told]})


def note_again(rotation: Rotation) -> None:
    """Write down that they are proved to be on again, if it was written last that they are not. Raises LedgerError."""
    if recording.history_of(rotation).brakes.proved is False:
        note(rotation, proved=True)


def is_known_to_be_lost(rotation: Rotation) -> bool:
    """Whether the ledger says that they are not proved to be on, and so that people were told of it.

    No while the ledger is away: told twice is better than never.
    """
    try:
        return recording.history_of(rotation).brakes.proved is False
    except LedgerError:
        return False
