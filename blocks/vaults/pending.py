"""Where a credential's pairs are in the vault: the current one, and those in flight.

Pairs in flight are kept in the ``rekey/`` folder under the credential's path, which no sync of that path carries to
consumers, named by their fingerprint. Each has names of its own, so a pair that was shown once is never overwritten by
the next one: it stays until a newer pair is validated.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from blocks.errors import Missing, Rejected, StepError
from blocks.model.places import VaultPlace
from blocks.secret import Minted
from blocks.vaults.interface import VaultClient
from blocks.vaults.terms import Location, Stored

FOLDER = "rekey"
# Before the private key to which what is entered is sealed: SEALING_KEY__<rotation>__<name of the secret>.
SEALING = "SEALING_KEY__"
# What these stand before is no pair in flight, so no rotation takes it for one: a copy of the current pair while rekey
# writes over it, and a made-up pair that proves that the vault takes one.
COPY, CHECK = "COPY_", "CHECK_"


def place_of(vault: VaultPlace) -> Location:
    """Where the credential's current pair is."""
    return Location(vault.environment, vault.path)


def folder_of(vault: VaultPlace) -> Location:
    """Where its pairs in flight are."""
    return place_of(vault).child(FOLDER)


@dataclass(frozen=True, slots=True)
class Current:
    """The pair that the vault holds now, and how it holds it."""

    pair: Minted
    stored: Mapping[str, Stored] = field(repr=False)


def current(client: VaultClient, vault: VaultPlace) -> Minted:
    """The pair that the vault holds now. Raises Missing, or StepError when it holds half of it or nothing."""
    return look_at_current(client, vault).pair


def look_at_current(client: VaultClient, vault: VaultPlace) -> Current:
    """The pair that the vault holds now, and its versions, for whoever writes next. Raises what ``current`` raises."""
    stored = client.read(place_of(vault), tuple(vault.names.values()))
    pair = _minted(stored, vault, tuple(vault.names.values()))
    if pair is None:
        names = [one for one in vault.names.values() if one not in stored]
        absent, source = " and ".join(names), client.source_of(place_of(vault), names)
        where = f"{vault.path} of environment {vault.environment}"
        if source is not None:
            raise StepError(
                f"{client.words.name}: {absent} is not in {where}: it is imported there from {source}.",
                f"Name {source} in the catalog as this credential's place in the vault. A copy put into {vault.path} "
                "would hide what is imported, and whoever else imports it would keep the old pair.",
            )
        raise StepError(
            f"{client.words.name}: {absent} is not in {where}.",
            "Put the current pair there, or correct the vault names of this credential in the catalog.",
        )
    return Current(pair, stored)


@dataclass(frozen=True, slots=True)
class InFlight:
    """What the folder held when it was looked at; ``stored`` is None when there is no folder yet."""

    stored: Mapping[str, Stored] | None = field(repr=False)

    def find(self, vault: VaultPlace, mark: str) -> Minted | None:
        """The pair with this fingerprint, or None."""
        return _minted(self.stored or {}, vault, names_of(vault, mark))

    def pairs(self, vault: VaultPlace) -> list[Minted]:
        """Every whole pair of this credential."""
        found = (self.find(vault, mark) for mark in self.marks(vault))
        return [one for one in found if one]

    def marks(self, vault: VaultPlace) -> list[str]:
        """The fingerprints of all pairs in flight of this credential, whole or half."""
        return self._named(vault, "")

    def copies(self, vault: VaultPlace) -> list[Minted]:
        """Every whole copy of a current pair that was left there."""
        found = (_minted(self.stored or {}, vault, names_of(vault, mark, COPY)) for mark in self._named(vault, COPY))
        return [one for one in found if one]

    def names(self, vault: VaultPlace, but: Collection[str] = ()) -> list[str]:
        """Every name of this credential: pairs in flight but these, sealing keys, and what rekey's own tries left."""
        wanted = [name for mark in self.marks(vault) if mark not in but for name in names_of(vault, mark)]
        keys = [sealing_name(vault, one) for one in self.sealing_keys(vault)]
        return [*(name for name in wanted if name in (self.stored or {})), *keys, *self.left_over(vault)]

    def sealing_keys(self, vault: VaultPlace) -> dict[str, SecretStr]:
        """What is kept of this credential's sealing keys, by the rotation to which each belongs."""
        kept = self.stored or {}
        rotations = {_rotation_of(vault, name): name for name in kept}
        return {one: kept[name].value for one, name in sorted(rotations.items()) if one}

    def left_over(self, vault: VaultPlace) -> list[str]:
        """The names of copies and of made-up pairs, which a run that was ended left there."""
        found = [(kind, mark) for kind in (COPY, CHECK) for mark in self._named(vault, kind)]
        wanted = (name for kind, mark in found for name in names_of(vault, mark, kind))
        return [name for name in wanted if name in (self.stored or {})]

    def _named(self, vault: VaultPlace, kind: str) -> list[str]:
        names = "|".join(re.escape(name) for name in vault.names.values())
        form = re.compile(f"(?:{names})__{kind}([0-9A-F]{{12}})")
        found = (form.fullmatch(name) for name in self.stored or {})
        return sorted({one.group(1).lower() for one in found if one})


def look(client: VaultClient, vault: VaultPlace) -> InFlight:
    """Every pair in flight, in one look."""
    try:
        return InFlight(client.read(folder_of(vault)))
    except Missing:
        return InFlight(None)


def look_at_both(client: VaultClient, vault: VaultPlace) -> tuple[Current, InFlight]:
    """The current pair, and every pair in flight: in one list where the vault shows both, else in one look each.

    Raises what ``current`` raises.
    """
    place, folder, names = place_of(vault), folder_of(vault), tuple(vault.names.values())
    seen = client.read_below(place, {place: names, folder: None})
    pair = _minted(seen[place], vault, names)
    now = look_at_current(client, vault) if pair is None else Current(pair, seen[place])
    return now, InFlight(seen[folder]) if seen[folder] else look(client, vault)


def keep(client: VaultClient, vault: VaultPlace, pair: Minted, seen: InFlight | None = None) -> None:
    """Keep a pair in flight, read back by the client. Does nothing when it is kept already.

    ``seen`` is what the folder held a moment ago, when the caller has looked.
    """
    keep_under(client, vault, {names_of(vault, pair.fingerprint): pair}, seen)


def keep_under(
    client: VaultClient,
    vault: VaultPlace,
    wanted: Mapping[tuple[str, ...], Minted],
    seen: InFlight | None = None,
    *,
    beside: Mapping[str, SecretStr] | None = None,
) -> dict[str, Stored]:
    """Keep each pair under these names in the folder, which is made where it is missing; return how it holds them.

    What is kept there already stays as it is. ``beside`` are values by their own names, kept in the same write.
    """
    folder = folder_of(vault)
    together = [values_of(vault, {names: pair}) for names, pair in wanted.items()]
    together += [{name: value} for name, value in (beside or {}).items()]
    if seen is None:
        try:
            # Without a look: only the first rotation finds no folder, and only a continued one finds the names there.
            return client.write(folder, _all_of(together), before={})
        except (Missing, Rejected) as error:
            if error.status not in {400, 404}:
                raise
        seen = look(client, vault)
    if seen.stored is None:
        client.ensure_folder(folder)
    stored = dict(seen.stored or {})
    absent = _all_of([values for values in together if not values.keys() & stored.keys()])
    if absent:
        stored |= client.write(folder, absent, before={})
    for values in together:
        if not _holds(stored, values):
            before = {name: stored[name] for name in values if name in stored}
            stored |= client.write(folder, values, before=before)
    return stored


def _all_of(together: Iterable[Mapping[str, SecretStr]]) -> dict[str, SecretStr]:
    return {name: value for values in together for name, value in values.items()}


def _holds(stored: Mapping[str, Stored], values: Mapping[str, SecretStr]) -> bool:
    if not values.keys() <= stored.keys():
        return False
    wanted = {name: value.get_secret_value().encode() for name, value in values.items()}
    return all(hmac.compare_digest(stored[name].value.get_secret_value().encode(), wanted[name]) for name in wanted)


def find(client: VaultClient, vault: VaultPlace, mark: str) -> Minted | None:
    """The pair in flight with this fingerprint, or None."""
    return look(client, vault).find(vault, mark)


def names_of(vault: VaultPlace, mark: str, kind: str = "") -> tuple[str, ...]:
    """The names under which the pair with this fingerprint is kept: in flight, or as a ``COPY`` or ``CHECK``."""
    return tuple(f"{name}__{kind}{mark.upper()}" for name in vault.names.values())


def sealing_name(vault: VaultPlace, rotation: str) -> str:
    """The name of the key to which what is entered in this rotation is sealed: two credentials may share a folder."""
    return f"{SEALING}{rotation.upper().replace('-', '_')}__{list(vault.names.values())[-1]}"


def _rotation_of(vault: VaultPlace, name: str) -> str:
    """The rotation whose sealing key has this name; empty for another name, and for another credential's key."""
    found = re.fullmatch(f"{SEALING}([0-9A-Z_]+)__{re.escape(list(vault.names.values())[-1])}", name)
    rotation = found[1].lower().replace("_", "-") if found else ""
    return rotation if rotation and sealing_name(vault, rotation) == name else ""


def drop(client: VaultClient, vault: VaultPlace, marks: Iterable[str], *, sealed_in: str = "") -> None:
    """Delete the pairs with these fingerprints in one batch; fine when they are not there.

    ``sealed_in`` is the rotation whose sealing key is deleted with them.
    """
    names = [name for mark in marks for name in names_of(vault, mark)]
    names += [sealing_name(vault, sealed_in)] if sealed_in else []
    if names:
        client.delete(folder_of(vault), names, seen=True)


def values_of(vault: VaultPlace, wanted: Mapping[tuple[str, ...], Minted]) -> dict[str, SecretStr]:
    """The values of these by the names under which they are to be stored, which are in the order of the fields."""
    return {
        name: pair.values[field]
        for names, pair in wanted.items()
        for field, name in zip(vault.names, names, strict=True)
    }


def _minted(stored: Mapping[str, Stored], vault: VaultPlace, names: tuple[str, ...]) -> Minted | None:
    """What is kept under these names, which are in the order of the fields; None when one of them is missing."""
    if any(name not in stored for name in names):
        return None
    return Minted({field: stored[name].value for field, name in zip(vault.names, names, strict=True)})
