"""Where the secrets of one-time codes are: in the vault, in the folder that the catalog names, one an operator."""

from __future__ import annotations

import hashlib

from pydantic import SecretStr

from blocks.errors import Missing
from blocks.vaults.interface import VaultClient
from blocks.vaults.terms import Location


def secret_of(client: VaultClient, place: Location, operator: str) -> SecretStr | None:
    """The secret of this operator; None without one. Raises VendorError."""
    name = _name_of(operator)
    try:
        found = client.read(place, (name,))
    except Missing:
        return None
    return found[name].value if name in found else None


def keep(client: VaultClient, place: Location, operator: str, secret: SecretStr) -> None:
    """Keep this operator's secret, in place of an older one. Raises VendorError, and Transient without a proof."""
    client.ensure_folder(place)
    client.write(place, {_name_of(operator): secret})


def _name_of(operator: str) -> str:
    """A name may hold what a vault's names may not."""
    return f"CODE_{hashlib.sha256(operator.encode()).hexdigest()[:24].upper()}"
