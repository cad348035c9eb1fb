"""The key to which what is entered in one rotation is sealed: made by preflight, kept in the vault until the end.

With the private half gone, every copy of what was entered, also in a backup of Prefect's database, is unreadable. It
stays in this process's memory, too, so that a vault that is down when somebody enters a pair loses nothing.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field

from prefect.logging import get_run_logger
from pydantic import SecretStr

from blocks.errors import LedgerError, RekeyError, Unopened
from blocks.ledger import lease
from blocks.model.plan import hash_of, plan_of
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.proofs import Record
from blocks.sealed import envelope
from blocks.sealed.keys import SealingKey, key_of, new_key
from blocks.vaults import pending
from blocks.vaults.pending import InFlight

# By rotation; never shown, and gone with the process.
_in_memory: dict[str, SealingKey] = {}
# The base of the keys of a form begins with its rotation (tasks/person/ask.py).
_ROTATION = re.compile(r"paused-(r-[0-9]+-[0-9]+-[0-9a-f]+)-")


@dataclass(frozen=True, slots=True)
class Made:
    """The key of a rotation, and what of it the vault does not have yet, by name."""

    key: SealingKey
    to_keep: dict[str, SecretStr] = field(default_factory=dict)


def found_or_made(rotation: Rotation, seen: InFlight) -> Made:
    """The rotation's key as the vault has it; a new one where it has none, or something that is none."""
    place = rotation.credential.vault
    made = _found(seen.sealing_keys(place).get(rotation.id))
    if made is None:
        key = new_key()
        made = Made(key, {pending.sealing_name(place, rotation.id): key.text})
    _in_memory[rotation.id] = made.key
    return made


def _found(kept: SecretStr | None) -> Made | None:
    try:
        return None if kept is None else Made(key_of(kept))
    except Unopened as error:
        get_run_logger().warning("%s Another one is made now.", error.problem)
        return None


def note(rotation: Rotation, made: Made, record: Record) -> None:
    """Let the ledger say to which key and for which plan is sealed from now on: the vault has the private half."""
    public, plan = made.key.public, hash_of(plan_of(rotation.credential, rotation.old))
    record.note(sealing=public.as_context(), sealing_hash=public.hash, plan=plan)


def opened(rotation: Rotation, text: str, form: str) -> dict[str, SecretStr]:
    """What was sealed into this form, by field. ``form`` is the base of the keys under which Prefect keeps it.

    Raises Unopened when it was sealed to another key, rotation or plan, and the vault's errors.
    """
    found = _ROTATION.match(form)
    of = found[1] if found else rotation.id
    key = _in_memory.get(of) or _kept(rotation, of)
    last, *others = (envelope.info_of(of, Step.AWAIT_HUMAN_INPUT.value, one) for one in _plans(rotation))
    for info in others:
        with contextlib.suppress(Unopened):
            return envelope.opened(key, info, text.strip())
    return envelope.opened(key, last, text.strip())


def _plans(rotation: Rotation) -> list[str]:
    """The plan of now, should its ledger be lost, and every one that this rotation ever had, the newest first."""
    now = hash_of(plan_of(rotation.credential, rotation.old))
    return list(dict.fromkeys([now, *reversed(recording.history_of(rotation).plans)]))


def _kept(rotation: Rotation, of: str) -> SealingKey:
    """The key as the vault has it. Raises Unopened when it has none, and the vault's errors."""
    place = rotation.credential.vault
    with estate.vault(place).get_client() as client:
        kept = pending.look(client, place).sealing_keys(place).get(of)
    if kept is None:
        raise Unopened(
            "The key to which what was entered is sealed is not in the vault any more.",
            "Enter the pair again. If that does not open either, cancel this run and start the rotation again: it "
            "makes another key.",
        )
    return key_of(kept)


def forget(rotation: Rotation) -> None:
    """The vault has the key no more: nor has this process."""
    _in_memory.pop(rotation.id, None)


def clear(rotation: Rotation, *, is_over: bool) -> None:
    """After a preflight that failed: delete a key to which nobody was ever told to seal, or any when all is over."""
    if rotation.id not in _in_memory:
        # Then this process could not see the vault, or it has no key.
        return
    try:
        is_told = recording.history_of(rotation).sealing is not None
    except LedgerError:
        return
    if is_over or not is_told:
        destroy(rotation)


def destroy(rotation: Rotation) -> str:
    """Delete the key of a rotation that is over; a sentence when it stays, with what to do."""
    forget(rotation)
    place = rotation.credential.vault
    name, folder = pending.sealing_name(place, rotation.id), pending.folder_of(place)
    try:
        lease.prove()
        with estate.vault(place).get_client() as client:
            client.delete(folder, [name], seen=True)
    except RekeyError as error:
        told = f"The key to which its entry would have been sealed is left in {folder.path}: delete {name} there."
        get_run_logger().warning("%s %s", told, error)
        return told
    return ""
