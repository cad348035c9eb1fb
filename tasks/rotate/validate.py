"""Validate: stages what was typed in the vault, then asks its issuer what it is.

Looks first at Prefect's store and at the vault: what is staged already is not staged twice. What was typed is deleted
from Prefect only after it is staged and read back. A pair that is not the right one leads back to the form with the
reason; it stays staged until a right one is validated. One that belongs to another credential is put aside for that.
"""

from __future__ import annotations

from prefect import task

from blocks.issuers.terms import Wrong
from blocks.ledger import lease
from blocks.model.rotation import Rotation, Snapshot, Submission, Todo, Verdict
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import kind_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.text import markdown
from blocks.vaults import pending
from tasks.lookout import misrotation
from tasks.lookout.lookout import died_at
from tasks.rotate.whose import Elsewhere, looks_wrong, wrong_owner
from tasks.run import entries, policy
from tasks.run import submissions as typed_input


@task(name=Step.VALIDATE.value, **policy.AFTER_THE_CLICK)
def validate(rotation: Rotation, before: Snapshot | None, typed: Submission) -> Verdict:
    """Say whether the typed pair is the new pair of this credential, or with which sentence the form comes back.

    Raises Transient while the vault or the issuer gives no clear answer: what was typed stays where it is.
    """
    with recorded(rotation, Step.VALIDATE) as record:
        pair, is_staged = typed_input.read(typed.flow_run_id, typed.key), False
        if pair is None:
            pair, is_staged = _kept_pair(rotation, typed)
        aside = misrotation.put_aside(rotation, typed.fingerprint) if pair is None else None
        if aside is not None:
            record.note(accepted=None, rejected=typed.fingerprint, problem=aside)
            return Verdict(accepted=None, problem=f"The pair that was entered belongs elsewhere. {aside}")
        if pair is None:
            problem = (
                f"The pair {typed.fingerprint} that was entered before is neither in Prefect's store nor in the "
                "vault's pending folder any more: somebody removed it. Click Regenerate once more and enter the new "
                "pair."
            )
            record.note(accepted=None, rejected=typed.fingerprint, problem=problem)
            return Verdict(accepted=None, problem=problem, todo=Todo.REGENERATE)
        is_dead = rotation.old_is_dead or died_at(rotation) is not None
        wrong = looks_wrong(kind_of(rotation.credential), pair, rotation.old, is_dead=is_dead)
        if wrong is None or wrong.worth_keeping:
            _stage(rotation, pair, record, is_staged=is_staged)
        typed_input.forget(typed.flow_run_id, typed.key)
        if wrong is None:
            wrong = wrong_owner(rotation, before, pair, record)
        if wrong is None:
            _forget_earlier_entries(rotation, typed)
            record.note(accepted=pair.fingerprint, **kind_of(rotation.credential).shown(pair))
            return Verdict(accepted=pair.fingerprint)
        told = _told(rotation, pair, wrong)
        owner = wrong.owner if isinstance(wrong, Elsewhere) else None
        if owner is not None:
            put_aside = misrotation.by_pair(rotation, owner, pair, typed.operator)
            told = f"{markdown(wrong.problem)}\n\n{put_aside}".rstrip()
        left_here = wrong.misplaced and owner is None
        record.note(accepted=None, rejected=pair.fingerprint, problem=wrong.problem, misplaced=left_here)
        return Verdict(accepted=None, problem=told, todo=wrong.todo)


def _forget_earlier_entries(rotation: Rotation, accepted: Submission) -> None:
    """A pair that was entered and never judged stays in Prefect's store until a newer one is validated: now."""
    for run, form in entries.forms_of(rotation):
        if form != accepted.key:
            # What the run that acts now has not read yet is its business.
            lease.prove()
            typed_input.forget(run, form)


def _kept_pair(rotation: Rotation, typed: Submission) -> tuple[Minted | None, bool]:
    """The pair as the vault has it, and whether it is staged there."""
    place = rotation.credential.vault
    with estate.vault().get_client() as client:
        staged = pending.find(client, place, typed.fingerprint)
        if staged is not None:
            return staged, True
        # Stored already by a run of which the ledger does not know.
        current = pending.current(client, place)
    return (current if current.fingerprint == typed.fingerprint != rotation.old else None), False


def _stage(rotation: Rotation, pair: Minted, record: Record, *, is_staged: bool) -> None:
    """``is_staged``: it was just read from there."""
    if not is_staged:
        with estate.vault().get_client() as client:
            pending.keep(client, rotation.credential.vault, pair)
    record.prove(f"Pair {pair.fingerprint} is staged in the vault and reads back.")


def _told(rotation: Rotation, pair: Minted, wrong: Wrong) -> str:
    """Markdown, for the form."""
    if not wrong.worth_keeping:
        return markdown(wrong.problem)
    folder = pending.folder_of(rotation.credential.vault)
    until = "until somebody takes it out" if wrong.misplaced else "until a right one is validated"
    return (
        f"{markdown(wrong.problem)} What you entered is kept in the vault's folder `{folder.path}` "
        f"({folder.environment}) as fingerprint `{pair.fingerprint}` {until}."
    )
