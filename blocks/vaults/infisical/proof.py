"""What is said when a change of the vault does not count as made."""

from __future__ import annotations

from collections.abc import Iterable

from blocks.errors import Missing, Rejected, StepError, Transient
from blocks.vaults.infisical.session import VENDOR
from blocks.vaults.terms import Location


def mixed_up(location: Location, names: Iterable[str]) -> StepError:
    """The server did something else than it was asked, so nothing can be written there safely."""
    return StepError(
        f"{VENDOR}: {location} returns the values of one write under each other's names ({', '.join(sorted(names))}).",
        "The server mixes up the values of a batch: update it, or set 'API' in the Infisical block to the other "
        "version. rekey writes a pair only in one batch.",
    )


def unproved(what: str) -> Transient:
    """The proof of a change did not show in time."""
    return Transient(
        f"{VENDOR}: {what}.",
        "Look at the secret's history in Infisical's console: another writer or a rotation of Infisical's own may have "
        "changed it. Then retry this step.",
    )


def no_folder(operation: str, location: Location) -> Missing:
    """The catalog names a folder that is not there."""
    return Missing(
        vendor=VENDOR,
        operation=operation,
        fault=f"there is no {location}",
        remedy=f"Create {location} in Infisical's console, or correct environment and path in the catalog.",
    )


def not_approved(operation: str, location: Location) -> Rejected:
    """A change policy turned the write into a change request."""
    return Rejected(
        vendor=VENDOR,
        operation=operation,
        fault="a change policy wants an approval, so nothing is stored",
        status=200,
        remedy=f"Close the change request in Infisical without merging it (it holds the new value), and let rekey's "
        f"identity bypass the policy of {location}.",
    )
