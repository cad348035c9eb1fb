"""Mint at an issuer whose API does it: no form is shown, and the new pair is staged in the vault at once.

Looks first at the ledger: a pair that was minted before and is not judged yet is not minted again. One of which only
its issuer knows is found by its label, the rotation's name, and ended before another one is made: its value is lost.
"""

from __future__ import annotations

from prefect import task

from blocks.errors import RekeyError, StepError
from blocks.model.rotation import Rotation, Submission
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import called, issuer_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.vaults import pending
from tasks.run import entries, policy

STEP = Step.AWAIT_HUMAN_INPUT


@task(name="mint by API", **policy.AFTER_THE_CLICK)
def minted_by_api(rotation: Rotation) -> Submission:
    """Where the new pair is staged. Raises the issuer's and the vault's errors, and StepError for one that was refused.

    Whatever is raised: what may have been made is found and ended by the next try.
    """
    with recorded(rotation, STEP) as record:
        found = entries.not_judged_yet(rotation)
        if found is not None:
            record.prove(f"Pair {found.fingerprint} was minted before; it is judged now.")
        else:
            _demand_that_none_was_refused(rotation)
            found = _minted(rotation, record)
        record.note(form=found.key, run=found.flow_run_id, fingerprint=found.fingerprint, entry=found.entry)
        return found


def _minted(rotation: Rotation, record: Record) -> Submission:
    """Made as the current pair, and staged."""
    issuer, credential = issuer_of(rotation.credential), rotation.credential
    with estate.vault(credential.vault).get_client() as vault:
        current, seen = pending.look_at_both(vault, credential.vault)
        made = issuer.mint(credential.realm, current.pair, label_of(rotation))
        pending.keep(vault, credential.vault, made, seen)
    record.prove(f"{issuer.called} made pair {made.fingerprint} for this rotation; it is staged in the vault.")
    return Submission(rotation.flow_run_id, entries.BY_API, made.fingerprint, rotation.actor, entries.BY_API)


def _demand_that_none_was_refused(rotation: Rotation) -> None:
    """What its issuer made and validate refused would be refused again. Raises StepError."""
    rows = [row.facts for row in recording.history_of(rotation).rows if row.facts.is_done]
    last = next((one for one in reversed(rows) if one.step in {Step.VALIDATE, Step.HOLD}), None)
    if last is not None and last.rejected:
        raise StepError(
            f"The pair that {called(rotation.credential)} made will not do: {last.problem}",
            "Set right what that names, then start the rotation again.",
        )


def label_of(rotation: Rotation) -> str:
    """Under which its issuer lists what this rotation makes there."""
    return f"rekey {rotation.id}"


def discarded(rotation: Rotation, keep: Minted) -> str:
    """End at the issuer whatever this rotation made there and nobody uses; a sentence about it, empty for nothing."""
    try:
        ended = issuer_of(rotation.credential).discard(rotation.credential.realm, keep, label_of(rotation))
    except RekeyError as error:
        return f" What is listed as {label_of(rotation)!r} at {called(rotation.credential)} has to be deleted: {error}"
    return f" What was minted for it is ended again ({', '.join(ended)})." if ended else ""
