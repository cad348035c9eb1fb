"""Tell that the old pair died too early: where it lives beside the new one, what uses it is down before it is replaced.

Whoever mints chose to end it at once, or had it replaced in place of asking for another one. It goes on forward.
"""

from __future__ import annotations

from blocks.model.rotation import Rotation
from blocks.prefect_api.issuers import called, overlaps
from tasks.run.notify import notify


def tell(rotation: Rotation) -> None:
    """Say so, and what is to be done now; nothing where minting ends it anyway. Never raises."""
    if not overlaps(rotation.credential):
        return
    told = (
        f"{called(rotation.credential)} refuses the old pair {rotation.old} already: it was ended with the click, or "
        "replaced in place. What uses it is down until rekey has written the new one. Enter the new one now: the "
        "rotation goes on by itself from there."
    )
    notify(rotation, f"{rotation.credential.name}: the old one died too early", told)
