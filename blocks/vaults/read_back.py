"""When a write to a vault counts: what was written reads back, with a higher version."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator, Mapping

from pydantic import SecretStr

from blocks.vaults.terms import Stored

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
