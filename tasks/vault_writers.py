"""Who else writes to a consumer when the vault changes: the vault's own syncs, and whoever releases meanwhile.

A sync carries the new pair before anything of it is verified, and may delete what its folder does not hold: the brake.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from blocks import estate, pending
from blocks.catalog import load_catalog
from blocks.consumers import HerokuConsumer
from blocks.credential import Credential
from blocks.errors import RekeyError, StepError
from blocks.parallel import all_at_once
from blocks.settings import read_settings
from blocks.vendors.heroku_models import Release
from blocks.vendors.infisical import InfisicalClient
from blocks.vendors.infisical_syncs import Sync

# A sync is a job of the vault's: it may come a moment after the write.
LOOKS = 2
_WHERE = "(Infisical, Integrations and Secret Syncs)"


def of_the_vault(client: InfisicalClient, credential: Credential) -> str:
    """A sentence about the syncs of the credential's folder.

    Raises StepError for one to a place of the catalog, and for every one that would carry a live pair elsewhere.
    """
    place = credential.vault
    syncs = client.syncs(pending.place_of(place))
    _demand_containment(credential, syncs.found)
    _demand_no_clash(credential, syncs.found)
    unnamed = ", ".join(one.label for one in syncs.found)
    told = [f"The vault also syncs {place.path} to {unnamed}, which no entry of the catalog names."] if unnamed else []
    if syncs.not_looked_at:
        told.append(f"Not looked at: {' and '.join(syncs.not_looked_at)} of the vault.")
    return " ".join(told)


def _demand_containment(credential: Credential, found: Iterable[Sync]) -> None:
    """A live pair goes to its own consumers only, also when it is the vault that takes it there. Raises StepError."""
    if credential.environment != "live":
        return
    own = _places_of(credential)
    elsewhere = [one.label for one in found if one.label.lower() not in own]
    if elsewhere:
        place, name = credential.vault, credential.name
        raise StepError(
            f"The vault would give the live pair away: it syncs the folder {place.path} ({place.environment}) to "
            f"{', '.join(elsewhere)}, which is no consumer of {name}.",
            f"Switch that sync off {_WHERE}. Where that place is to have the live pair, name it in the catalog as a "
            f"consumer of {name} instead: rekey writes to it then, once the pair is validated.",
        )


def _demand_no_clash(credential: Credential, found: Iterable[Sync]) -> None:
    """Nobody but rekey writes to a place that an entry of the catalog names. Raises StepError."""
    entries = load_catalog(read_settings().catalog).credential.values()
    named = set().union(*(_places_of(one) for one in entries))
    clash = [one for one in found if one.label.lower() in named]
    if clash:
        place = credential.vault
        deletes = " and deletes there what the folder does not hold" if any(one.deletes for one in clash) else ""
        brakes = ", the brakes too" if any(one.deletes and one.destination == "heroku" for one in clash) else ""
        raise StepError(
            f"Somebody else writes there: the vault syncs the folder {place.path} ({place.environment}) to "
            f"{', '.join(one.label for one in clash)}{deletes}{brakes}.",
            f"Switch that sync off {_WHERE}: it would carry a new pair there before it is verified. rekey writes "
            "to the consumers of the catalog itself.",
        )


def _places_of(credential: Credential) -> set[str]:
    """What the credential's consumers and brakes name, as a sync of the vault's is called; case means nothing."""
    return {one.label.lower() for one in credential.consumers} | {f"heroku {app}" for app in apps_of(credential)}


def apps_of(credential: Credential) -> list[str]:
    """The Heroku apps that the credential's consumers and brakes name."""
    consumers = [one.app for one in credential.consumers if isinstance(one, HerokuConsumer)]
    return sorted({*consumers, *(one.app for one in credential.brakes)})


def releases(apps: list[str]) -> dict[str, Release]:
    """The newest release of each app. One that cannot be read is left out: other questions ask about that."""

    def newest(app: str) -> Release | RekeyError:
        try:
            with estate.heroku().get_client() as heroku:
                return heroku.newest_release(app)
        except RekeyError as error:
            return error

    found = all_at_once([partial(newest, app) for app in apps])
    return {app: one for app, one in zip(apps, found, strict=True) if isinstance(one, Release)}


def demand_no_release_since(before: dict[str, Release]) -> None:
    """Raise StepError when an app got a release since then, although rekey changed none of its variables."""
    for left in reversed(range(LOOKS)):
        for app, newest in releases(list(before)).items():
            if newest.version > before[app].version:
                raise StepError(
                    f"{app} got release v{newest.version} '{newest.description}' by "
                    f"{newest.user_email or 'nobody named'} while rekey wrote the current pair over itself in the "
                    "vault: somebody else writes there.",
                    f"Look whether the vault syncs the folder to this app {_WHERE}, switch that off, and set again "
                    "what the app lost by it. If somebody deployed just then, start the rotation again.",
                )
        if left:
            time.sleep(read_settings().probe_interval_s)
