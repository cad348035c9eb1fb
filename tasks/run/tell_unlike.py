"""Tell unlike: a rotation goes on in a worker that has another catalog or version than was registered.

It must not fail there: trading may stand still for it. People hear once of each difference.
"""

from __future__ import annotations

from prefect.logging import get_run_logger

from blocks.errors import RekeyError
from blocks.ledger import deaths, trading
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED
from tasks.run.notify import notify

HELPS = "Look whether that is the catalog and the version that you want, then run `rekey register`."


def tell(rotation: Rotation, unlike: str) -> None:
    """Tell it, and write that down. Never raises: the rotation goes on."""
    get_run_logger().warning("It goes on all the same: %s.", unlike)
    try:
        if any(row.facts.unlike == unlike for row in recording.history_of(rotation).rows):
            return
        name = rotation.credential.name
        killed = deaths.unsettled(recording.open_ledger(), name)
        stands = trading.told_now(rotation.credential, recording.history_of(rotation), killed)
        trades = f"Trading: {stands}." if rotation.credential.brakes else ""
        text = f"{HELPS} The rotation goes on meanwhile, by what this worker has: {unlike}. {trades}"
        notify(rotation, f"{name} goes on in a worker that is not as it was registered", text.strip())
        facts = {
            "step": Step.LOOK_AFTER,
            "outcome": NOTED,
            "unlike": unlike,
            "proofs": [f"Goes on, although {unlike}."],
        }
        recording.write(rotation, Action.STEP, facts)
    except RekeyError as error:
        get_run_logger().warning("Nobody was told that: %s", error)
