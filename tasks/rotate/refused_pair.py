"""The issuer refuses the pair that the vault holds: may a rotation begin, and did it die while nobody looked?"""

from __future__ import annotations

from datetime import UTC, datetime

from blocks.answer import Answer
from blocks.errors import StepError, Transient
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import kind_of
from blocks.secret import Minted
from tasks.run import outage
from tasks.vault.changed import instead_of_a_death
from tasks.watch.look_for_death import lives


def demand_that_it_may_be_dead(credential: Credential, pair: Minted, reason: Reason) -> None:
    """Raise StepError when the vault was changed rather than the account, and when the reason says nothing of a death.

    Raises Transient when it lives after all, or nobody can tell.
    """
    changed = instead_of_a_death(credential, pair)
    if changed is not None:
        raise changed
    if reason in {Reason.ACCOUNT_RESET, Reason.MISROTATION}:
        return
    name, answer = kind_of(credential).called, lives(credential, pair)
    if answer is not Answer.NO:
        # Nobody expects it, so it is asked as patiently as watch asks.
        raise Transient(
            f"{name} refused the current {credential.name} pair {pair.fingerprint}, and then "
            f"{'accepted it again' if answer is Answer.YES else 'gave no clear answer whether it is dead'}.",
            f"Start the rotation again; if that goes on, look at {name}'s status page.",
        )
    told, place = f"{name} refuses the current {credential.name} pair {pair.fingerprint}", credential.vault
    if kind_of(credential).looks_wrong(pair) is not None:
        raise StepError(
            f"{told}, and what the vault holds does not look like a pair of {name}'s at all.",
            f"Look at the versions of {' and '.join(place.names.values())} in {place.path} ({place.environment}) in "
            f"{estate.vault_kind(place).words.console}, and set both back to the last ones that were a pair.",
        )
    raise StepError(
        f"{told}: it is dead already. Probably the account was reset: this is a forced rotation.",
        "Start again with reason 'account reset' if that is so; otherwise find out who changed the key.",
    )


def note_that_it_died(rotation: Rotation, pair: Minted) -> None:
    """Whoever answers a form without a process does so before anybody looked: the outage began since the last look."""
    known = recording.history_of(rotation)
    checked = known.newest(Step.PREFLIGHT)
    lived = checked is not None and not checked.old_is_dead
    if known.died_at is not None or not lived or pair.fingerprint != rotation.old:
        return
    at = datetime.now(UTC)
    # One refusal may be a hiccup.
    if lives(rotation.credential, pair) is Answer.NO:
        outage.note(
            rotation, at, f"The old pair {rotation.old} is refused since {at:%H:%M:%S} UTC, or a little longer."
        )
