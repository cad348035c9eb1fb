"""Writes over the current pair, and the way back: what was there before is kept beside it until the new one reads back.

No write is harmless: servers of early 2026 stored wrong values when a batch changed several secrets
(Infisical/infisical#5659). So a made-up pair is tried in the ``rekey/`` folder first, and a copy of the current pair is
kept there before it is written over.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping

from pydantic import SecretStr

from blocks.errors import LeaseLost, RekeyError, Transient, VaultDamaged
from blocks.model.places import VaultPlace
from blocks.secret import Minted
from blocks.vaults import pending
from blocks.vaults.interface import VaultClient
from blocks.vaults.pending import CHECK, COPY, Current
from blocks.vaults.read_back import is_mixed_up
from blocks.vaults.terms import Stored


def write_current(
    client: VaultClient, vault: VaultPlace, pair: Minted, before: Current, kept: tuple[str, ...]
) -> dict[str, Stored]:
    """Make this the current pair: both halves in one batch, read back by the client.

    ``before`` is what was there a moment ago; it is kept in the folder under the names ``kept``. Raises VaultDamaged
    when the vault holds neither pair then, or does not tell; otherwise the vault's errors: then it holds one of them.
    """
    failure: RekeyError
    try:
        return client.write(pending.place_of(vault), vault.named(pair), before=before.stored)
    except LeaseLost:
        # Whoever acts now may have written there.
        raise
    except RekeyError as error:
        failure = error
    raise _found_after(client, vault, pair, before, kept, failure)


def rehearse(
    client: VaultClient, vault: VaultPlace, expected: Minted, *, beside: Mapping[str, SecretStr] | None = None
) -> None:
    """Make the very write that store will make, with the pair that is there already, and leave nothing behind.

    ``beside`` are values that stay in the folder, by their names: they are written with what is only tried. Raises
    Transient when the vault holds another pair than the ``expected`` one by now; what ``write_current`` raises.
    """
    before = pending.look_at_current(client, vault)
    if not before.pair.same_as(expected):
        raise Transient(
            f"The vault's pair changed while preflight looked, from {expected.fingerprint} to "
            f"{before.pair.fingerprint}.",
            "Find out who writes there, and start again when that is over.",
        )
    copy = pending.names_of(vault, expected.fingerprint, COPY)
    left = _try_out(client, vault, {copy: expected}, beside)
    failure: RekeyError | None = None
    try:
        write_current(client, vault, expected, before, copy)
    except RekeyError as error:
        failure = error
    if isinstance(failure, VaultDamaged) and not failure.mended:
        left = [name for name in left if name not in copy]
    _clear(client, vault, left, failure)


def prove_folder(client: VaultClient, vault: VaultPlace) -> None:
    """Create, change, read back and delete a made-up pair in the folder: what a rotation will do with a real one."""
    _clear(client, vault, _try_out(client, vault, {}, None), None)


def _try_out(
    client: VaultClient,
    vault: VaultPlace,
    copies: Mapping[tuple[str, ...], Minted],
    beside: Mapping[str, SecretStr] | None,
) -> list[str]:
    """Create a made-up pair in the folder and change it, each read back; keep ``copies`` and ``beside`` there with it.

    Returns the names that are there now, without those that stay. Raises the vault's errors, and leaves nothing behind
    then.
    """
    first, second = _made_up(vault), _made_up(vault)
    names = pending.names_of(vault, first.fingerprint, CHECK)
    wanted = {names: first, **copies}
    left = [name for both in wanted for name in both]
    failure: RekeyError
    try:
        stored = pending.keep_under(client, vault, wanted, beside=beside)
        before = {name: stored[name] for name in names}
        client.write(pending.folder_of(vault), pending.values_of(vault, {names: second}), before=before)
    except RekeyError as error:
        failure = error
    else:
        return left
    with contextlib.suppress(RekeyError):
        client.delete(pending.folder_of(vault), [*left, *(beside or {})])
    raise failure


def _clear(client: VaultClient, vault: VaultPlace, names: list[str], failure: RekeyError | None) -> None:
    """Delete what was only there for the try. Raises the failure, if there is one, whatever becomes of that."""
    try:
        client.delete(pending.folder_of(vault), names, seen=True)
    except RekeyError:
        if failure is None:
            raise
    if failure is not None:
        raise failure


def _found_after(  # what was to be, what was, and what is
    client: VaultClient,
    vault: VaultPlace,
    pair: Minted,
    before: Current,
    kept: tuple[str, ...],
    failure: RekeyError,
) -> RekeyError:
    """What to raise after a write that is not proved: the failure itself where the vault holds one of the two pairs."""
    try:
        now = pending.look_at_current(client, vault)
    except RekeyError as error:
        told = f"Whether the vault still holds pair {before.pair.fingerprint} is not known: {failure.problem}"
        return VaultDamaged(told, _by_hand(client, vault, before, kept), transient=error.transient)
    if now.pair.same_as(before.pair) or now.pair.same_as(pair):
        return failure
    what = f"The vault does not hold pair {before.pair.fingerprint} any more"
    if not _is_own_doing(vault, pair, before, now, failure):
        return VaultDamaged(
            f"{what}, nor what rekey wrote: somebody else writes {' and '.join(vault.names.values())} there.",
            f"Find out who. {_by_hand(client, vault, before, kept)}",
        )
    try:
        client.write_singly(pending.place_of(vault), vault.named(before.pair))
    except RekeyError as error:
        return VaultDamaged(
            f"{what}, and rekey could not put it back ({error.problem}): {failure.problem}",
            _by_hand(client, vault, before, kept),
        )
    told = f"{failure.problem} rekey put pair {before.pair.fingerprint} back, one name after the other; it reads back."
    return VaultDamaged(told, failure.remedy, mended=True)


def _is_own_doing(vault: VaultPlace, pair: Minted, before: Current, now: Current, failure: RekeyError) -> bool:
    """Whether nobody else wrote: each name has the next version, and the values are those that rekey sent.

    Where the vault said that it stored them, whatever is there with the next version is what it made of them.
    """
    names = tuple(vault.names.values())
    if any(now.stored[name].version != before.stored[name].version + 1 for name in names):
        return False
    return isinstance(failure, Transient) or is_mixed_up(vault.named(pair), now.stored)


def _by_hand(client: VaultClient, vault: VaultPlace, before: Current, kept: tuple[str, ...]) -> str:
    versions = " and ".join(f"{name} to version {before.stored[name].version}" for name in vault.names.values())
    copies = f"{'copies are' if len(kept) > 1 else 'a copy is'} {' and '.join(kept)}"
    return (
        f"Look at {vault.path} ({vault.environment}) in {client.words.console} before anything else. If it is wrong, "
        f"set {versions}; {copies} in {pending.folder_of(vault).path}."
    )


def _made_up(vault: VaultPlace) -> Minted:
    """Values of the usual shapes that nobody was ever issued."""
    *beside, secret = vault.names
    values = {field: SecretStr(f"REKEYCHECK{secrets.token_hex(8).upper()}") for field in beside}
    return Minted({**values, secret: SecretStr(secrets.token_hex(22))})
