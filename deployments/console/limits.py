"""How often one address may act: a robot that guesses or hammers is slowed down, and a person never notices."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

# Addresses that are remembered at once: whoever has more of them than that cannot fill the memory.
MOST = 1000


class Limit:
    """At most ``most`` in ``within_s`` seconds, for each address by itself."""

    def __init__(self, most: int, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._within_s = within_s
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}

    def wait_s(self, address: str) -> float:
        """Count one more; 0 when it may go on, else in how many seconds it may be tried again."""
        now = self._clock()
        seen = self._seen.pop(address, deque())
        while seen and now - seen[0] >= self._within_s:
            seen.popleft()
        if len(self._seen) >= MOST:
            self._seen.pop(next(iter(self._seen)))
        # The newest is the last that is forgotten.
        self._seen[address] = seen
        if len(seen) >= self._most:
            return self._within_s - (now - seen[0])
        seen.append(now)
        return 0.0
