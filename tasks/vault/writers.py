"""Who else writes to a consumer when the vault changes: the vault's own syncs, and whoever releases meanwhile.

A sync carries the new pair before anything of it is verified, and may delete what its folder does not hold: the brake.
Also a sync of the ``rekey/`` folder: the vault syncs each folder by itself, and none with the folders in it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from blocks.brakes.interface import Brake
from blocks.catalog import load_catalog
from blocks.consumers.interface import Change, Consumer
from blocks.errors import RekeyError, StepError
from blocks.kinds import KINDS
from blocks.model.credential import Credential
from blocks.prefect_api import estate
from blocks.settings import read_settings
from blocks.vaults import pending
from blocks.vaults.interface import VaultClient
from blocks.vaults.terms import Sync
from blocks.wire.parallel import all_at_once

# A sync is a job of the vault's: it may come a moment after the write.
LOOKS = 2


@dataclass(frozen=True, slots=True)
class Before:
    """An application and its newest change."""

    of: Brake | Consumer
    change: Change


def of_the_vault(client: VaultClient, credential: Credential) -> str:
    """A sentence about the syncs of the credential's folder and of ``rekey/`` in it.

    Raises StepError for every one of ``rekey/``, for one to a place of the catalog, and for every one that would carry
    a live pair elsewhere; all of them together.
    """
    place, folder = pending.place_of(credential.vault), pending.folder_of(credential.vault)
    syncs = client.syncs(place, folder)
    of_place = [one for one in syncs.found if one.folder == place]
    problems = [
        _in_flight(credential, [one for one in syncs.found if one.folder == folder]),
        _uncontained(credential, of_place) or _clash(credential, of_place),
    ]
    others = client.writers(place)
    problems += others.certain
    _raise_together([one for one in problems if one])
    unnamed = _labels(of_place)
    told = [f"The vault also syncs {place.path} to {unnamed}, which no entry of the catalog names."] if unnamed else []
    if syncs.not_looked_at:
        told.append(f"Not looked at: {' and '.join(syncs.not_looked_at)} of the vault.")
    return " ".join([*told, *([others.told] if others.told else [])])


def _raise_together(problems: list[StepError]) -> None:
    """One error for all of them, so that nobody finds the next one only after the first is mended."""
    if problems:
        *before, last = problems
        raise StepError(" ".join([*map(str, before), last.problem]), last.remedy)


def _in_flight(credential: Credential, found: list[Sync]) -> StepError | None:
    """What is in flight is given to nobody: a new pair before it is verified, and the old one beside it."""
    if not found:
        return None
    folder = pending.folder_of(credential.vault)
    return StepError(
        f"The vault would give pairs in flight away: it syncs {folder.path} ({folder.environment}) to {_labels(found)}"
        f"{_deletion(found)}.",
        f"Switch that sync off ({_where(credential)}): only rekey reads that folder, which holds each new pair before "
        "it is verified.",
    )


def _uncontained(credential: Credential, found: list[Sync]) -> StepError | None:
    """A live pair goes to its own consumers only, also when it is the vault that takes it there."""
    if not credential.guarded:
        return None
    own = _places_of(credential)
    elsewhere = [one for one in found if one.label.lower() not in own]
    if not elsewhere:
        return None
    place, name = credential.vault, credential.name
    return StepError(
        f"The vault would give the live pair away: it syncs the folder {place.path} ({place.environment}) to "
        f"{_labels(elsewhere)}, which is no consumer of {name}.",
        f"Switch that sync off ({_where(credential)}). Where that place is to have the live pair, name it in the "
        f"catalog as a consumer of {name} instead: rekey writes to it then, once the pair is validated.",
    )


def _clash(credential: Credential, found: list[Sync]) -> StepError | None:
    """Nobody but rekey writes to a place that an entry of the catalog names."""
    entries = load_catalog(read_settings().catalog).credential.values()
    named = set().union(*(_places_of(one) for one in entries))
    clash = [one for one in found if one.label.lower() in named]
    if not clash:
        return None
    place = credential.vault
    return StepError(
        f"Somebody else writes there: the vault syncs the folder {place.path} ({place.environment}) to "
        f"{_labels(clash)}{_deletion(clash)}.",
        f"Switch that sync off ({_where(credential)}): it would carry a new pair there before it is verified. rekey "
        "writes to the consumers of the catalog itself.",
    )


def _where(credential: Credential) -> str:
    return estate.vault_kind(credential.vault).words.syncs


def _labels(found: list[Sync]) -> str:
    return ", ".join(one.told for one in found)


def _deletion(found: list[Sync]) -> str:
    """What else such a sync does; the brakes are variables of an app, too."""
    platforms = {one.platform for one in KINDS.brakes}
    deletes = " and deletes there what the folder does not hold" if any(one.deletes for one in found) else ""
    return (
        f"{deletes}{', the brakes too' if any(one.deletes and one.destination in platforms for one in found) else ''}"
    )


def _places_of(credential: Credential) -> set[str]:
    """What the credential's consumers and brakes name, as a sync of the vault's is called; case means nothing."""
    return {one.label.lower() for one in credential.consumers} | {
        " ".join(one.where) for one in _applications(credential)
    }


def _applications(credential: Credential) -> list[Brake | Consumer]:
    """What runs, of what the credential's consumers and brakes name; each application once."""
    named: list[Brake | Consumer] = [one for one in credential.consumers if one.application]
    named += credential.brakes
    return list({one.where: one for one in named}.values())


def changes(credential: Credential) -> list[Before]:
    """The newest change of each application. One that cannot be read is left out: other questions ask about that."""
    applications = _applications(credential)
    found = all_at_once([partial(_newest, one) for one in applications])
    return [Before(one, change) for one, change in zip(applications, found, strict=True) if change is not None]


def _newest(one: Brake | Consumer) -> Change | None:
    try:
        return one.newest_change()
    except RekeyError:
        return None


def demand_no_change_since(before: list[Before], credential: Credential) -> None:
    """Raise StepError when an application was changed since then, although rekey changed none of its variables."""
    for left in reversed(range(LOOKS)):
        found = all_at_once([partial(_newest, one.of) for one in before])
        for one, newest in zip(before, found, strict=True):
            if newest is not None and newest.version > one.change.version:
                raise StepError(
                    f"{one.of.application} got {newest.told} by {newest.by} while rekey wrote the current "
                    "pair over itself in the vault: somebody else writes there.",
                    f"Look whether the vault syncs the folder to this app ({_where(credential)}), or rekey/ in it, "
                    "switch that off, and set again what the app lost by it. "
                    "If somebody deployed just then, start the rotation again.",
                )
        if left:
            time.sleep(read_settings().probe_interval_s)
