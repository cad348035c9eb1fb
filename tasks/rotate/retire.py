"""Retire: the old pair is proved dead, once everything runs with the new one, or kept until that can be proved.

Looks first at the vault's pending folder: a pair that is gone from there was proved dead before. Where minting the new
pair ends the old one, verify waited for that already, and it is proved once more here. Where both live, the old one is
revoked as the new one now, or a person is asked to delete it: that is the point of no return. A continued rotation
revokes and proves it again. One that its issuer ends by a clock, or may accept for a while after its end, is not dead
yet when its rotation is over: watch proves it then (lives_on.py). One whose end can be taken back is kept, too, until
watch has ended it for good.
"""

from __future__ import annotations

from prefect import task

from blocks.answer import Answer
from blocks.errors import StepError
from blocks.issuers.terms import By
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import issuer_of, kind_of, overlaps
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.vaults import pending
from tasks.rotate import lives_on, no_return
from tasks.rotate.ask_to_end import ended_by_a_person
from tasks.rotate.mint_by_api import label_of
from tasks.rotate.old_pair import OldPair
from tasks.run import policy

STEP = Step.RETIRE


@task(name=STEP.value, **policy.AFTER_THE_CLICK)
def retire(rotation: Rotation) -> None:
    """Prove that the old pair is dead, or write down when it will be.

    Raises StepError while it is accepted and should not be, Transient while nobody can say.
    """
    with recorded(rotation, STEP) as record:
        place = rotation.credential.vault
        with estate.vault(place).get_client() as vault:
            current, in_flight = pending.look_at_both(vault, place)
        old = in_flight.find(place, rotation.old)
        death = OldPair(rotation, old, current.pair, record)
        if old is not None and overlaps(rotation.credential):
            _demand_that_rekey_has(rotation, current.pair)
            no_return.begin(rotation, issuer_of(rotation.credential).ended_by)
            if lives_on.by_the_clock(rotation):
                accepted = death.is_accepted()
                if accepted is not Answer.NO:
                    lives_on.until(rotation, old, accepted, record)
                    return
            else:
                _ended(rotation, old, current.pair, record)
            death.is_refused()
        if old is not None and kind_of(rotation.credential).dies_within_s:
            lives_on.until(rotation, old, Answer.NO, record)
            return
        death.is_refused_still()
        if old is not None and kind_of(rotation.credential).traits.reversible_for:
            lives_on.until(rotation, old, Answer.NO, record)


def _demand_that_rekey_has(rotation: Rotation, new: Minted) -> None:
    """Where rekey itself asks with the pair, its own block has the new one now. Raises StepError, Prefect's errors."""
    for one in rotation.credential.consumers:
        if one.opens and one.has(new) is not Answer.YES:
            raise StepError(
                f"{one.label} does not hold the new pair {new.fingerprint} any more, so rekey would end the one that "
                "it uses itself.",
                "Find out who changed that block, then try again: the old pair lives, and the block is written first.",
            )


def _ended(rotation: Rotation, old: Minted, new: Minted, record: Record) -> None:
    """By whomever it is ended at its issuer. Raises the issuer's errors, and StepError when the new one was ended."""
    issuer = issuer_of(rotation.credential)
    if issuer.ended_by is By.PERSON:
        ended_by_a_person(rotation, issuer, (old, new), record)
    else:
        issuer.revoke(rotation.credential.realm, old, new)
        issuer.discard(rotation.credential.realm, new, label_of(rotation))
