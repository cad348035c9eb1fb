"""Store: writes both halves of the validated pair to the vault in one batch, and proves it twice.

Looks first at the vault: a pair that is there already is only proved. Keeps the old pair beside the pending one,
because its death is still to be proved, and because it is put back when the vault makes something else of the new one.
A pair that somebody else put there meanwhile, and that lives, is not written over.
"""

from __future__ import annotations

from prefect import task

from blocks.errors import StepError, Transient
from blocks.ledger import lease
from blocks.model.places import VaultPlace
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import words_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.vaults import overwrite, pending
from blocks.vaults.interface import SecondReader
from blocks.vaults.terms import Stored
from tasks.rotate import stray
from tasks.run import policy


@task(name=Step.STORE.value, **policy.AFTER_THE_CLICK)
def store(rotation: Rotation, accepted: str) -> None:
    """Make the pair with the fingerprint ``accepted`` the vault's current pair.

    Raises the vault's errors, VaultDamaged when it holds neither pair after the write, StepError when it holds a living
    one that is none of this rotation's, or Transient when a consumer's SDK does not read the same pair.
    """
    place = rotation.credential.vault
    # The second reader is started before anything is written, because it takes a moment to load.
    with recorded(rotation, Step.STORE) as record, estate.vault(place).second_reader() as reader:
        with estate.vault(place).get_client() as client:
            current, seen = pending.look_at_both(client, place)
            pair = _validated(seen, rotation, accepted, current.pair)
            if current.pair.same_as(pair):
                record.prove("The vault holds the new pair already.")
            else:
                stray.demand_that_it_may_go(rotation, current.pair, accepted, record)
                lease.prove()
                pending.keep(client, place, current.pair, seen)
                kept = pending.names_of(place, current.pair.fingerprint)
                stored = overwrite.write_current(client, place, pair, current, kept)
                record.prove(_written(pair, stored))
        _read_like_a_consumer(reader, place, accepted, record)


def _validated(seen: pending.InFlight, rotation: Rotation, accepted: str, current: Minted) -> Minted:
    """The staged pair; the vault's own when an earlier run stored it and its staged copy is gone."""
    pair = seen.find(rotation.credential.vault, accepted) or (current if current.fingerprint == accepted else None)
    if pair is None:
        click = words_of(rotation.credential).click
        raise StepError(
            f"The validated pair {accepted} is not in the vault's pending folder any more.",
            f"Somebody removed it. {click[0].upper()}{click[1:]} once more and enter the new pair.",
        )
    return pair


def _written(pair: Minted, stored: dict[str, Stored]) -> str:
    versions = ", ".join(f"{name} version {one.version}" for name, one in sorted(stored.items()))
    if len(stored) == 1:
        return f"Vault took {pair.fingerprint} and returns it ({versions})."
    return f"Vault took both halves of {pair.fingerprint} in one batch and returns them ({versions})."


def _read_like_a_consumer(reader: SecondReader | None, place: VaultPlace, accepted: str, record: Record) -> None:
    """Once more through the consumers' SDK, in a process of its own."""
    if reader is None:
        record.prove(f"Not read with the consumers' SDK: {estate.vault_kind(place).words.no_second_reader}.")
        return
    seen = place.minted_of(reader.read(pending.place_of(place), tuple(place.names.values())))
    if seen.fingerprint != accepted:
        raise Transient(
            f"A consumer's SDK reads pair {seen.fingerprint} from the vault instead of {accepted}.",
            "Another program writes these names, or a replica is behind. Look at their history in "
            f"{estate.vault_kind(place).words.name}.",
        )
    record.prove(f"A consumer's SDK in its own process reads {seen.fingerprint} too.")
