"""When a change of the vault counts as made, and what is said when it does not."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterable, Iterator, Mapping

from pydantic import SecretStr

from blocks.errors import Missing, Rejected, StepError, Transient
from blocks.vaults.infisical.models import Location, Stored
from blocks.vaults.infisical.session import VENDOR

READ_BACKS = 5
READ_BACK_PAUSE_S = 0.2


def read_backs(pause_s: float) -> Iterator[None]:
    """Once at once, then after a pause each: reads may come from a database replica that is a moment behind."""
    for attempt in range(READ_BACKS):
        if attempt:
            time.sleep(pause_s)
        yield


def is_written(name: str, value: SecretStr, before: Mapping[str, Stored], after: Mapping[str, Stored]) -> bool:
    """Whether ``after`` holds the value, with a higher version than ``before``. Compared in constant time."""
    if name not in after:
        return False
    equal = hmac.compare_digest(after[name].value.get_secret_value().encode(), value.get_secret_value().encode())
    return equal and after[name].version > (before[name].version if name in before else 0)


def is_mixed_up(values: Mapping[str, SecretStr], after: Mapping[str, Stored]) -> bool:
    """Whether the names hold each other's values: all of what was written is there, and not where it was written."""
    if not values.keys() <= after.keys():
        return False
    written = {name: value.get_secret_value() for name, value in values.items()}
    there = {name: after[name].value.get_secret_value() for name in values}
    return there != written and sorted(there.values()) == sorted(written.values())


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
