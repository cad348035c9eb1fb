"""Every place of a credential's vault that holds the names of a pair, not only the one that the catalog names."""

from __future__ import annotations

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.model.credential import Credential
from blocks.prefect_api import estate
from blocks.settings import read_settings
from blocks.vaults import pending


def demand_none(credential: Credential) -> str:
    """Raise StepError for a folder that holds one of the names and that no entry of the catalog names."""
    place = credential.vault
    names = " or ".join(place.names.values())
    with estate.vault(place).get_client() as vault:
        seen = vault.places(pending.place_of(place), tuple(place.names.values()))
    entries = {
        pending.place_of(one.vault)
        for one in load_catalog(read_settings().catalog).credential.values()
        if estate.vault_name(one.vault) == estate.vault_name(place)
    }
    unseen = f" Not looked at: {', '.join(seen.not_looked_at)}." if seen.not_looked_at else ""
    others = [str(one) for one in seen.found if one not in entries]
    if others:
        raise StepError(
            f"{names} is also in {' and in '.join(others)}, which no entry of the catalog "
            f"names: a rotation does not change it there.{unseen}",
            "Find out who reads it there, let them read the place of the catalog, and delete it.",
        )
    return f"No other folder that rekey's identity may list holds {names}.{unseen}"
