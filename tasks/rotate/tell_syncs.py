"""Tells of the vault's own syncs while a rotation goes on that must not be stopped by them: its old pair is dead.

Once for the same finding: preflight asks again in every run of the rotation.
"""

from __future__ import annotations

from blocks.errors import StepError
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.recording import NOTED
from tasks.person.tell_end import trading
from tasks.run.notify import notify
from tasks.vault import writers as vault_writers

STEP = Step.VAULT_SYNCS


def tell_syncs(rotation: Rotation) -> str:
    """A sentence for preflight; people and the ledger are told what else would have stopped it. Raises LedgerError."""
    try:
        with estate.vault(rotation.credential.vault).get_client() as client:
            return vault_writers.of_the_vault(client, rotation.credential)
    except StepError as error:
        found = str(error)
    told = f"{found} The rotation goes on all the same, because the old pair is dead."
    if not _is_told(rotation, found):
        name = rotation.credential.name
        notify(rotation, f"{name}: the vault itself gives pairs away", f"{told} {trading(rotation)}".strip())
        recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, "syncs": found, "proofs": [told]})
    return told


def _is_told(rotation: Rotation, found: str) -> bool:
    return found in recording.history_of(rotation).notices.syncs
