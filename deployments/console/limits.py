"""How often one may act, and guess: a robot is slowed down, and a person never notices, or waits for seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

# Those that are remembered at once: whoever comes from more addresses than that cannot fill the memory.
MOST = 1000
# How many wrong tries are free, the longest pause between two after that (seconds): from one address, and from all.
FREE, PAUSE_S = 3, 8.0
FREE_OVER_ALL, PAUSE_OVER_ALL_S = 50, 1.0
# More often no pause is doubled.
DOUBLED = 10
# For so long a wrong try counts, and so long somebody waits for their turn, both in seconds.
REMEMBERED_S, LONGEST_WAIT_S = 600.0, 60.0


class Limit:
    """At most ``most`` in ``within_s`` seconds, for each address (or whatever else names somebody) by itself."""

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


class Guesses:
    """Gives whoever tries to log in a turn: after some wrong tries each of the next ones waits for longer.

    Nobody is locked out: the right login counts as soon as it has its turn, which is within seconds, unless many wait
    for theirs at the same moment. Whoever does not wait for an answer has used up a turn all the same.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = _Turns(FREE_OVER_ALL, PAUSE_OVER_ALL_S)
        self._each: dict[str, _Turns] = {}

    def turn(self, address: str) -> float | None:
        """The moment of the next turn, which counts as wrong until ``right``; None when too many wait already."""
        now = self._clock()
        one = self._each.pop(address, None) or _Turns(FREE, PAUSE_S)
        if len(self._each) >= MOST:
            self._each.pop(next(iter(self._each)))
        # The newest is the last that is forgotten.
        self._each[address] = one
        at = max(one.next_at(now), self._all.next_at(now))
        if at - now > LONGEST_WAIT_S:
            return None
        one.taken.append(at)
        self._all.taken.append(at)
        return at

    def wait_s(self, turn: float) -> float:
        """In how many seconds it is this turn."""
        return max(0.0, turn - self._clock())

    def right(self, address: str, turn: float) -> None:
        """It was the login, and no guess."""
        for one in (self._each.get(address), self._all):
            if one is not None and turn in one.taken:
                one.taken.remove(turn)


class _Turns:
    """One after the other; the pause between two doubles with each that was wrong, once ``free`` were."""

    def __init__(self, free: int, longest_s: float) -> None:
        self._free = free
        self._longest_s = longest_s
        # Of all that were wrong, or are still to come.
        self.taken: deque[float] = deque()

    def next_at(self, now: float) -> float:
        """The moment of the next one."""
        while self.taken and now - self.taken[0] >= REMEMBERED_S:
            self.taken.popleft()
        wrong = len(self.taken) - self._free
        if wrong < 0:
            return now
        return max(now, self.taken[-1] + min(self._longest_s, 2.0 ** min(wrong, DOUBLED)))
