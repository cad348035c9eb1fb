"""Bring in: what was typed goes one way, from Prefect's store into the vault.

It is staged and read back, and only then deleted from Prefect. What is staged already is not staged twice; what is not
worth keeping is deleted without being staged.
"""

from __future__ import annotations

from dataclasses import dataclass

from blocks.errors import Unopened
from blocks.issuers.terms import Wrong
from blocks.ledger import lease
from blocks.model.rotation import Rotation, Submission
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import kind_of
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.vaults import pending
from tasks.lookout.lookout import died_at
from tasks.rotate.whose import looks_wrong
from tasks.run import entered, entries
from tasks.run import submissions as typed_input


@dataclass(frozen=True, slots=True)
class Brought:
    """What was typed, when Prefect does not have it any more."""

    pair: Minted
    # What is wrong with it before anybody is asked.
    wrong: Wrong | None


def bring_in(rotation: Rotation, typed: Submission, record: Record) -> Brought | None:
    """Take what was typed out of Prefect's store; None when neither that nor the vault has it any more.

    Raises Transient while the vault gives no clear answer: what was typed stays where it is. Raises Unopened for what
    was sealed and does not open any more.
    """
    pair, does_not_open = _in_prefect(rotation, typed)
    is_staged = False
    if pair is None or pair.fingerprint != typed.fingerprint:
        # Also when somebody put another pair in its place: that one was not what was entered, nor proved.
        pair, is_staged = _kept_pair(rotation, typed)
    if pair is None:
        if does_not_open is not None:
            raise does_not_open
        return None
    is_dead = rotation.old_is_dead or died_at(rotation) is not None
    wrong = looks_wrong(kind_of(rotation.credential), pair, rotation.old, is_dead=is_dead)
    if wrong is None or wrong.worth_keeping:
        _stage(rotation, pair, record, is_staged=is_staged)
    typed_input.forget(typed.flow_run_id, typed.key)
    return Brought(pair, wrong)


def _in_prefect(rotation: Rotation, typed: Submission) -> tuple[Minted | None, Unopened | None]:
    """The pair as Prefect keeps it, or why what it keeps does not open."""
    try:
        found = entered.entered(rotation, typed.flow_run_id, typed.key)
    except Unopened as error:
        return None, error
    return (found.pair if found else None), None


def forget_earlier_entries(rotation: Rotation, accepted: Submission) -> None:
    """A pair that was entered and never judged stays in Prefect's store until a newer one is validated: now."""
    for run, form in entries.forms_of(rotation):
        if form != accepted.key:
            # What the run that acts now has not read yet is its business.
            lease.prove()
            typed_input.forget(run, form)


def _kept_pair(rotation: Rotation, typed: Submission) -> tuple[Minted | None, bool]:
    """The pair as the vault has it, and whether it is staged there."""
    place = rotation.credential.vault
    with estate.vault(place).get_client() as client:
        staged = pending.find(client, place, typed.fingerprint)
        if staged is not None:
            return staged, True
        # Stored already by a run of which the ledger does not know.
        current = pending.current(client, place)
    return (current if current.fingerprint == typed.fingerprint != rotation.old else None), False


def _stage(rotation: Rotation, pair: Minted, record: Record, *, is_staged: bool) -> None:
    """``is_staged``: it was just read from there."""
    if not is_staged:
        with estate.vault(rotation.credential.vault).get_client() as client:
            pending.keep(client, rotation.credential.vault, pair)
    record.prove(f"Pair {pair.fingerprint} is staged in the vault and reads back.")
