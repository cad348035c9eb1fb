"""Pause: engages the credential's brakes and proves that trading stopped.

Looks first at each brake: which one is engaged already is written down before anything is changed, because it stays so
at the end. A paper credential has no brakes, and the ledger says so.
"""

from __future__ import annotations

from prefect import task

from blocks.recording import recorded
from blocks.rotation import Rotation
from tasks import brakes, policy


@task(name="pause", **policy.STEP)
def pause(rotation: Rotation) -> None:
    """Stop trading, and prove it by a new release and by what the running application says of itself.

    Raises StepError for a failed release or a crashed dyno, Transient when the proof does not come in time.
    """
    with recorded(rotation, "pause") as record:
        if not rotation.credential.brakes:
            record.prove(f"Nothing to pause: {rotation.credential.environment} trading has no brakes.")
        brakes.on(rotation, record)
