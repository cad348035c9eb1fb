"""What this process counts for a monitoring system until it is written down (blocks/ledger/counts.py).

A request is counted in memory alone: nobody who waits for a vendor waits for a database as well. Each count is named by
words of rekey's own and by hosts of the catalog, never by anything that was sent or answered.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

# What is counted, and its labels.
Key = tuple[str, ...]
REQUESTS, ALARMS = "requests", "alarms"
UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
BAD_REQUEST, SERVER_ERROR = 400, 500


class Answered(StrEnum):
    """What became of one request."""

    OK = "ok"
    REFUSED = "refused"
    """401 or 403: the key or the token is not taken; as is right for made-up pairs, and old ones that must be dead."""
    LIMITED = "limited"
    """429: too many requests."""
    WRONG = "wrong"
    """Another 4xx."""
    FAILED = "failed"
    """5xx: the vendor is not well."""
    NONE = "none"
    """No whole answer, or none in time."""


class Told(StrEnum):
    """What became of one alarm."""

    TOLD = "told"
    UNTOLD = "untold"


_counted: Counter[Key] = Counter()
_lock = threading.Lock()


def add(*key: str) -> None:
    """One more of it."""
    with _lock:
        _counted[key] += 1


def take() -> dict[Key, int]:
    """What was counted since it was taken last; whoever takes it writes it down, or puts it back."""
    with _lock:
        taken = dict(_counted)
        _counted.clear()
    return taken


def put_back(taken: Mapping[Key, int]) -> None:
    """It could not be written down: it is taken again later."""
    with _lock:
        _counted.update(taken)


def answered(status: int) -> Answered:
    """What a status says."""
    if status in {UNAUTHORIZED, FORBIDDEN}:
        return Answered.REFUSED
    if status == TOO_MANY:
        return Answered.LIMITED
    if status >= SERVER_ERROR:
        return Answered.FAILED
    return Answered.WRONG if status >= BAD_REQUEST else Answered.OK
