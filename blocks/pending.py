"""Where a credential's pairs are in the vault: the current one, and those in flight.

Pairs in flight are kept in the ``rekey/`` folder under the credential's path, which vault syncs do not carry to
consumers, named by their fingerprint. Each has names of its own, so a pair that was shown once is never overwritten by
the next one: it stays until a newer pair is validated.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from blocks.consumers import VaultPlace
from blocks.errors import Missing, StepError
from blocks.secret import Pair
from blocks.vendors.infisical import InfisicalClient, Location, Stored

FOLDER = "rekey"


def place_of(vault: VaultPlace) -> Location:
    """Where the credential's current pair is."""
    return Location(vault.environment, vault.path)


def folder_of(vault: VaultPlace) -> Location:
    """Where its pairs in flight are."""
    return place_of(vault).child(FOLDER)


@dataclass(frozen=True, slots=True)
class Current:
    """The pair that the vault holds now, and how it holds it."""

    pair: Pair
    stored: Mapping[str, Stored] = field(repr=False)


def current(client: InfisicalClient, vault: VaultPlace) -> Pair:
    """The pair that the vault holds now. Raises Missing, or StepError when it holds half of it or nothing."""
    return look_at_current(client, vault).pair


def look_at_current(client: InfisicalClient, vault: VaultPlace) -> Current:
    """The same for whoever writes there next."""
    stored = client.read(place_of(vault), (vault.key_id, vault.secret))
    pair = _pair(stored, vault.key_id, vault.secret)
    if pair is None:
        absent = " and ".join(one for one in (vault.key_id, vault.secret) if one not in stored)
        raise StepError(
            f"Infisical: {absent} is not in {vault.path} of environment {vault.environment}.",
            "Put the current pair there, or correct the vault names of this credential in the catalog.",
        )
    return Current(pair, stored)


def write_current(
    client: InfisicalClient, vault: VaultPlace, pair: Pair, seen: Current | None = None
) -> dict[str, Stored]:
    """Make this the current pair: both halves in one batch, read back by the client.

    ``seen`` is what was there a moment ago, when the caller has looked.
    """
    values = {vault.key_id: SecretStr(pair.key_id), vault.secret: pair.secret}
    return client.write(place_of(vault), values, before=seen.stored if seen else None)


@dataclass(frozen=True, slots=True)
class InFlight:
    """What the folder held when it was looked at; ``stored`` is None when there is no folder yet."""

    stored: Mapping[str, Stored] | None = field(repr=False)

    def find(self, vault: VaultPlace, mark: str) -> Pair | None:
        """The pair with this fingerprint, or None."""
        return _pair(self.stored or {}, *names_of(vault, mark))

    def pairs(self, vault: VaultPlace) -> list[Pair]:
        """Every whole pair of this credential."""
        found = (self.find(vault, mark) for mark in _marks(self.stored or {}, vault))
        return [one for one in found if one]


def look(client: InfisicalClient, vault: VaultPlace) -> InFlight:
    """Every pair in flight, in one look."""
    try:
        return InFlight(client.read(folder_of(vault)))
    except Missing:
        return InFlight(None)


def keep(client: InfisicalClient, vault: VaultPlace, pair: Pair, seen: InFlight | None = None) -> None:
    """Keep a pair in flight, read back by the client. Does nothing when it is kept already.

    ``seen`` is what the folder held a moment ago, when the caller has looked.
    """
    names = names_of(vault, pair.fingerprint)
    seen = seen or look(client, vault)
    if seen.stored is None:
        client.ensure_folder(folder_of(vault))
    stored = seen.stored or {}
    kept = _pair(stored, *names)
    if kept is None or not kept.same_as(pair):
        values = {names[0]: SecretStr(pair.key_id), names[1]: pair.secret}
        client.write(folder_of(vault), values, before={name: stored[name] for name in names if name in stored})


def find(client: InfisicalClient, vault: VaultPlace, mark: str) -> Pair | None:
    """The pair in flight with this fingerprint, or None."""
    return look(client, vault).find(vault, mark)


def names_of(vault: VaultPlace, mark: str) -> tuple[str, str]:
    """The names under which the pair with this fingerprint is kept."""
    return f"{vault.key_id}__{mark.upper()}", f"{vault.secret}__{mark.upper()}"


def all_kept(client: InfisicalClient, vault: VaultPlace) -> list[str]:
    """The fingerprints of all pairs in flight of this credential, whole or half."""
    return _marks(look(client, vault).stored or {}, vault)


def drop(client: InfisicalClient, vault: VaultPlace, marks: Iterable[str]) -> None:
    """Delete the pairs with these fingerprints in one batch; fine when they are not there."""
    names = [name for mark in marks for name in names_of(vault, mark)]
    if names:
        client.delete(folder_of(vault), names)


def prove_folder(client: InfisicalClient, vault: VaultPlace) -> None:
    """Write a made-up pair to the folder, read it back and delete it: what a rotation will do with a real one."""
    made_up = Pair(f"REKEYCHECK{secrets.token_hex(8).upper()}", SecretStr(secrets.token_hex(22)))
    try:
        keep(client, vault, made_up)
    finally:
        drop(client, vault, [made_up.fingerprint])


def _marks(names: Iterable[str], vault: VaultPlace) -> list[str]:
    form = re.compile(f"(?:{re.escape(vault.key_id)}|{re.escape(vault.secret)})__([0-9A-F]{{12}})")
    found = (form.fullmatch(name) for name in names)
    return sorted({one.group(1).lower() for one in found if one})


def _pair(stored: Mapping[str, Stored], key_id: str, secret: str) -> Pair | None:
    if key_id not in stored or secret not in stored:
        return None
    return Pair(stored[key_id].value.get_secret_value(), stored[secret].value)
