"""Wait for what is to become true, and not for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

# A Prefect server on SQLite may stand still for a minute.
PREFECT_TIMEOUT_S = 90.0
LONGEST_PAUSE_S = 0.15


def wait_until(predicate: Callable[[], bool], *, description: str, timeout_s: float = 120.0) -> None:
    """Ask until it is so. Fails with the description."""
    deadline, pause_s = time.monotonic() + timeout_s, 0.02
    while not predicate():
        assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s in vain: {description}"
        time.sleep(pause_s)
        # What takes longer is asked for less often: many questions are a server's work.
        pause_s = min(pause_s * 1.3, LONGEST_PAUSE_S)
