"""Between credentials of which one is the key to the places of another: never both are rotated at once."""

from __future__ import annotations

from blocks import keys
from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.prefect_api import recording
from blocks.settings import read_settings


def open_keys(credential: Credential) -> list[str]:
    """The keys of this credential that are being rotated. Raises LedgerError."""
    catalog, ledger = load_catalog(read_settings().catalog), recording.open_ledger()
    return [one for one in keys.keys_of(catalog, credential) if ledger.open_start(one) is not None]


def demand_quiet(credential: Credential, reason: Reason) -> str:
    """Neither a key of it is being rotated, nor, where it is a key, what it opens. Raises StepError, LedgerError.

    Whoever knows that a key leaked does not wait for what it opens.
    """
    catalog, ledger = load_catalog(read_settings().catalog), recording.open_ledger()
    busy = open_keys(credential)
    if busy:
        raise StepError(
            f"rekey itself asks the vendors of {credential.name} with the key of {' and '.join(busy)}, which is being "
            "rotated now.",
            f"Start the rotation of {credential.name} when that is over: `rekey status` says how far it is.",
        )
    opened = keys.opened_by(catalog, credential)
    using = [one for one in opened if ledger.open_start(one) is not None]
    if using and reason is Reason.SCHEDULED:
        raise StepError(
            f"rekey rotates {' and '.join(using)} with the key of {credential.name} now.",
            f"Start the rotation of {credential.name} when that is over: `rekey status` says how far it is. With "
            f"reason '{Reason.COMPROMISE}' it does not wait.",
        )
    both = [one for one in keys.keys_of(catalog, credential) if one in opened]
    told = (
        f"{credential.name} and {' and '.join(both)} need each other: while one is rotated, the other waits."
        if both
        else ""
    )
    return f"{told} Goes on beside {' and '.join(using)}, because of its reason.".strip() if using else told
