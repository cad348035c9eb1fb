"""Verify: waits until the old pair is refused, asks the running consumers, and proves write authority.

Changes nothing but the check order, which is cancelled and seen gone. Cheap: a continued rotation verifies again.
"""

from __future__ import annotations

from functools import partial

from prefect import task

from blocks.errors import StepError
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import WriteProbe
from blocks.model.rotation import Rotation, Snapshot
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import issuer_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.vaults import pending
from blocks.wire.parallel import all_at_once, together
from tasks.brakes import brakes
from tasks.rotate.old_pair import OldPair
from tasks.rotate.running import asked_now, prove_running
from tasks.rotate.whose import identity_problem
from tasks.rotate.write_probe import application_of, probe_of
from tasks.run import policy

STEP = Step.VERIFY


@task(name=STEP.value, **policy.AFTER_THE_CLICK)
def verify(rotation: Rotation, before: Snapshot | None, accepted: str) -> None:
    """Prove that the estate trades with the pair ``accepted``.

    Raises StepError for a clear no and for an application that gives no clear answer in all that time, Transient while
    the issuer does not say whether the old pair is dead.
    """
    with recorded(rotation, STEP) as record:
        place = rotation.credential.vault
        with estate.vault(place).get_client() as vault:
            current, in_flight = pending.look_at_both(vault, place)
        pair, old = current.pair, in_flight.find(place, rotation.old)
        if pair.fingerprint != accepted:
            raise StepError(
                f"The vault's pair {pair.fingerprint} is not the validated {accepted} any more.",
                "Somebody wrote to the vault during the rotation. Find out who, then try again.",
            )
        # The death first: while the old pair lives, a consumer that still uses it answers like one with the new pair.
        death = OldPair(rotation, old, pair, record)
        issuer, realm = issuer_of(rotation.credential), rotation.credential.realm
        if issuer.traits.overlap:
            seen = issuer.identify(realm, pair)
        else:
            seen, _ = together(partial(issuer.identify, realm, pair), death.is_refused)
        difference = identity_problem(type(issuer), before, seen) if before else None
        if difference:
            record.note(disproved=True)
            raise StepError(
                f"Pair {accepted} opens another account than before: {difference}.",
                f"{issuer.called} changed the account during the rotation. Look at the dashboard before anything else.",
            )
        probe = probe_of(rotation, pair, record, application_of(rotation))
        running = [
            partial(prove_running, rotation, runtime, seen.subject, record) for runtime in asked_now(rotation, record)
        ]
        # Trading must still be stopped: somebody may have changed the brake while nobody looked.
        _, earlier = together(
            partial(all_at_once, [partial(brakes.keep_on, rotation, record), *running]),
            partial(_probed_before, issuer, probe),
        )
        _say_what_cannot_be_asked(rotation, record)
        issuer.prove_write(probe, earlier)
        issuer.clear_probes(probe)
        record.note(account_number=seen.subject, suspended=seen.is_suspended)


def _probed_before(issuer: Issuer, probe: WriteProbe) -> str | None:
    """What an earlier attempt with this pair left. Nothing of any pair stays before another probe is made."""
    issuer.clear_probes(probe)
    return issuer.probed_before(probe)


def _say_what_cannot_be_asked(rotation: Rotation, record: Record) -> None:
    for consumer in rotation.credential.consumers:
        if consumer.application is not None and consumer.runtime is None:
            record.prove(f"{consumer.label}: not asked which account it uses, the catalog names no runtime for it.")
