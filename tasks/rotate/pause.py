"""Pause: engages the credential's brakes and proves that trading stopped.

Looks first at each brake: which one is engaged already is written down before anything is changed, because it stays so
at the end. A paper credential has no brakes, and the ledger says so. While the dynos boot, the old pair is kept in the
vault beside the place where the new one will be staged: later that would take time in which trading stands still.
An application that died of the old pair, and so says nothing, holds nothing up once its brake is set.
"""

from __future__ import annotations

from functools import partial

from prefect import task

from blocks.ledger import lease
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import overlaps
from blocks.prefect_api.recording import recorded
from blocks.vaults import pending
from blocks.wire.parallel import together
from tasks.brakes import brakes, found_before
from tasks.run import policy


@task(name=Step.PAUSE.value, **policy.STEP)
def pause(rotation: Rotation) -> None:
    """Stop trading, and prove it by a new release and by what the running application says of itself.

    Raises StepError for a failed release, a crashed dyno, or a proof that does not come in time; the vault's errors.
    """
    with recorded(rotation, Step.PAUSE) as record:
        if not rotation.credential.brakes:
            record.prove("Nothing to pause: it has no brakes.")
            return
        if overlaps(rotation.credential):
            record.prove("Nothing to pause: both pairs live until the old one is retired.")
            return
        if not brakes.are_over(rotation):
            # Before the pair is kept: a rotation of which nothing is written down may be given up by preflight.
            found_before.note(rotation)
        unheard, _ = together(partial(brakes.on_or_unheard, rotation, record), partial(_keep_the_old_pair, rotation))
        if unheard:
            record.note(brakes_unheard=unheard)


def _keep_the_old_pair(rotation: Rotation) -> None:
    place = rotation.credential.vault
    with estate.vault(place).get_client() as client:
        current = pending.current(client, place)
        if current.fingerprint == rotation.old:
            lease.prove()
            pending.keep(client, place, current)
