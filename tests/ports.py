"""Which ports the estates of this process's tests have: those of no other process that runs tests beside it."""

from __future__ import annotations

import os

# Estates come back to their ports in each test. No other test is given one of these meanwhile.
PORTS_OF_ESTATES = range(14_000, 20_000)
# So many processes at most share the tests; one with a higher number shares with another one, and may meet it.
SHARES = 20


def of_this_process() -> range:
    """By the name that pytest-xdist gives it; those in a browser run beside the others, in a process without one."""
    return share_of(os.environ.get("PYTEST_XDIST_WORKER", ""))


def share_of(worker: str) -> range:
    """The part of a worker such as gw3; of a process without a name the first one."""
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    size = len(PORTS_OF_ESTATES) // SHARES
    first = PORTS_OF_ESTATES.start + number % SHARES * size
    return range(first, first + size)
