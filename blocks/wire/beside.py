"""A thread beside whoever starts it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context


class Beside:
    """Does one thing beside its maker, who never waits for it unless that is said.

    In a copy of its maker's context: there Prefect keeps its settings and its run, and rekey its lease. It is a daemon,
    because a process must end whatever a vendor keeps it waiting for.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        # Set when there is nothing to be done any more; what is done again and again looks at it, and waits on it.
        self.over = threading.Event()
        self._thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)

    @property
    def is_busy(self) -> bool:
        """Whether it was begun and has not ended."""
        return self._thread.is_alive()

    def begin(self) -> None:
        """Start it."""
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for its end, at most that long (None: as long as it takes). One that never began has none."""
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def end(self, seconds: float | None = None) -> None:
        """Say that it is over, and wait as ``wait`` does."""
        self.over.set()
        self.wait(seconds)
