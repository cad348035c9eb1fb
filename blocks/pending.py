"""Pairs in flight: kept in the vault's ``rekey/`` folder under the credential's path, named by their fingerprint.

Vault syncs do not carry that subfolder to consumers. Each pair has names of its own, so a pair that was shown once
is never overwritten by the next one: it stays until a newer pair is validated.
"""

from __future__ import annotations

import re
import secrets

from pydantic import SecretStr

from blocks.catalog import VaultPlace
from blocks.errors import Transient
from blocks.secret import Pair, fingerprint
from blocks.vendors.infisical import InfisicalClient, Location

FOLDER = "rekey"


def place_of(vault: VaultPlace) -> Location:
    """Where the credential's current pair is."""
    return Location(vault.environment, vault.path)


def folder_of(vault: VaultPlace) -> Location:
    """Where its pairs in flight are."""
    return place_of(vault).child(FOLDER)


def names_of(vault: VaultPlace, mark: str) -> tuple[str, str]:
    """The names under which the pair with this fingerprint is kept."""
    return f"{vault.key_id}__{mark.upper()}", f"{vault.secret}__{mark.upper()}"


def keep(client: InfisicalClient, vault: VaultPlace, pair: Pair) -> None:
    """Keep a pair, read back. Does nothing when it is kept already."""
    if not is_kept(client, vault, pair):
        client.ensure_folder(folder_of(vault))
        key_id, secret = names_of(vault, pair.fingerprint)
        client.write(folder_of(vault), {key_id: SecretStr(pair.key_id), secret: pair.secret})


def is_kept(client: InfisicalClient, vault: VaultPlace, pair: Pair) -> bool:
    """Whether exactly this pair is in the folder."""
    kept = find(client, vault, pair.fingerprint)
    return kept is not None and kept.same_as(pair)


def find(client: InfisicalClient, vault: VaultPlace, mark: str) -> Pair | None:
    """The pair with this fingerprint, or None."""
    folder = folder_of(vault)
    if not client.folder_exists(folder):
        return None
    stored = client.read(folder)
    key_id, secret = (stored.get(name) for name in names_of(vault, mark))
    if key_id is None or secret is None:
        return None
    return Pair(key_id.value.get_secret_value(), secret.value)


def all_kept(client: InfisicalClient, vault: VaultPlace) -> list[str]:
    """The fingerprints of all pairs of this credential in the folder."""
    folder = folder_of(vault)
    if not client.folder_exists(folder):
        return []
    form = re.compile(re.escape(vault.secret) + r"__([0-9A-F]{12})")
    return sorted(found.group(1).lower() for name in client.read(folder) if (found := form.fullmatch(name)))


def drop(client: InfisicalClient, vault: VaultPlace, mark: str) -> None:
    """Delete the pair with this fingerprint; fine when it is not there."""
    client.delete(folder_of(vault), names_of(vault, mark))


def prove_folder(client: InfisicalClient, vault: VaultPlace) -> None:
    """Write a made-up pair to the folder, read it back and delete it: what a rotation will do with a real one.

    Raises the vault's errors, or Transient when it does not read back.
    """
    made_up = Pair(f"REKEYCHECK{secrets.token_hex(8).upper()}", SecretStr(secrets.token_urlsafe(32)))
    keep(client, vault, made_up)
    found = find(client, vault, made_up.fingerprint)
    drop(client, vault, made_up.fingerprint)
    if found is None or fingerprint(found.secret) != made_up.fingerprint:
        raise Transient(
            f"The vault's folder {folder_of(vault).path} does not return what was written to it.",
            "Check the identity's rights on that folder.",
        )
