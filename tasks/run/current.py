"""The pair that the vault holds now: what every step asks before it writes or compares."""

from __future__ import annotations

from blocks.model.credential import Credential
from blocks.prefect_api import estate
from blocks.secret import Minted
from blocks.vaults import pending


def current_pair(credential: Credential) -> Minted:
    """The pair that the vault holds now. Raises the vault's errors."""
    with estate.vault(credential.vault).get_client() as client:
        return pending.current(client, credential.vault)
