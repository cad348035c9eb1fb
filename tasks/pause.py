"""Pause: engages the credential's brakes and proves that trading stopped.

A paper credential has no brakes, and the ledger says so.
"""

from __future__ import annotations

from prefect import task

from blocks.recording import recorded
from blocks.rotation import Rotation
from tasks import policy


@task(name="pause", **policy.STEP)
def pause(rotation: Rotation) -> None:
    """Record that there is nothing to pause: paper trades no money."""
    with recorded(rotation, "pause") as record:
        record.prove(f"Nothing to pause: {rotation.credential.environment} trading has no brakes.")
