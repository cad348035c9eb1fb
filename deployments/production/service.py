"""One long-running process, and a supervisor that starts it again when it ends, as systemd or a cluster would."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from deployments.local.processes import Child, ProcessError
from deployments.production import tree

# As `RestartSec=` of the units in deploy/systemd.
RESTART_S = 5.0
_LOOK_S = 0.2


@dataclass(slots=True)
class Service:
    """How one process is started. ``well`` says whether it answers; ``how`` is as in ``Child``."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    well: Callable[[], bool]
    how: Mapping[str, Any] = field(default_factory=dict)
    # By which it ends without waiting for those who are connected.
    asked_by: signal.Signals = signal.SIGTERM
    _child: Child | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; whoever needs it to answer waits for ``well``. What an earlier one left running is ended."""
        self.stop()
        self._child = Child(self.name, self.command, self.environment, self.log, self.how)

    def stop(self) -> None:
        """End it and what it started; fine when it never began."""
        if self._child is not None:
            started = tree.below(self._child.pid)
            if not self._child.is_over:
                os.kill(self._child.pid, self.asked_by)
            self._child.stop()
            tree.kill(started)
            self._child = None

    def kill(self) -> None:
        """SIGKILL to it and all that it started, as when its machine is lost."""
        started = tree.below(self.child.pid)
        self.child.kill()
        tree.kill(started)

    @property
    def child(self) -> Child:
        """Its process. Raises ProcessError when it was not started."""
        if self._child is None:
            raise ProcessError(f"{self.name} was not started.", "Start it first.")
        return self._child


class Supervisor:
    """Starts services again that end by themselves or are killed. A context manager: it looks inside it."""

    def __init__(self, services: list[Service]) -> None:
        self._services = {one.name: one for one in services}
        self._over = threading.Event()
        # Those that stay away: their machine is lost.
        self._away: set[str] = set()
        # When each one that ended is started again.
        self._due: dict[str, float] = {}
        self._thread = threading.Thread(target=self._look, name="supervisor", daemon=True)
        # How often each was started again.
        self.restarts: dict[str, int] = dict.fromkeys(self._services, 0)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def kill(self, name: str, *, for_good: bool = False) -> None:
        """SIGKILL to this service and what it started. ``for_good``: it stays away, as with its machine."""
        if for_good:
            self._away.add(name)
        self._services[name].kill()

    def bring_back(self, name: str) -> None:
        """One that was killed for good has a machine again: it is started at once."""
        self._services[name].start()
        self._away.discard(name)

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            for name, one in self._services.items():
                if name not in self._away and one.child.is_over:
                    self._start_when_due(one)

    def _start_when_due(self, one: Service) -> None:
        now = time.monotonic()
        if now >= self._due.setdefault(one.name, now + RESTART_S):
            del self._due[one.name]
            one.start()
            self.restarts[one.name] += 1
