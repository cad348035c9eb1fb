"""The entry of a credential that is about to be rotated, or whose rotation goes on."""

from __future__ import annotations

from blocks.catalog import load_catalog
from blocks.model.credential import Credential
from blocks.prefect_api.recording import open_ledger
from blocks.settings import read_settings


def entry_of(name: str) -> Credential:
    """The credential of that name; a disabled one only while its rotation is open. Raises CatalogError, LedgerError.

    Else whoever disables it would leave trading stopped, and no way on.
    """
    catalog = load_catalog(read_settings().catalog)
    found = catalog.credential.get(name)
    is_disabled = found is not None and not found.enabled
    return catalog.get(name, is_open=is_disabled and open_ledger().open_start(name) is not None)
