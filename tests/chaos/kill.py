"""Kills an attempt at its point: at a row of the ledger, or at a write as the vendor sees it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deployments.sandbox.faults import Fault, FaultKind, FaultPlan
from tests.chaos.attempt import Attempt
from tests.chaos.points import BEFORE, ROW, UNANSWERED, UNRECORDED, WRITES, Point
from tests.chaos.rows import Lock, rows, rows_now
from tests.faults.calls import STEPS

POLL_S = 0.002
# The process has this long to come to the ledger with the answer.
MOMENT_S = 1.0
# And up to this long there.
LINGER_S = 0.05


class Killer:
    """Waits for one point in one attempt. ``struck`` says whether it came."""

    def __init__(self, point: Point, consumers: int, file: Path, chance: random.Random) -> None:
        """``consumers`` is how many the credential has: propagate is done when each of them has its row."""
        self.point = point
        self.consumers = consumers
        self.file = file
        self.chance = chance
        self.struck = False
        self.victim: Attempt | None = None

    def strike(self) -> None:
        """Kill now."""
        if self.victim is not None and not self.struck:
            self.struck = True
            self.victim.kill()

    def strike_at_the_ledger(self, lock: Lock, *, least_s: float = 0.0) -> None:
        """Kill when the process stands before the ledger, which is locked; then open it."""
        time.sleep(least_s)
        deadline = time.monotonic() + MOMENT_S
        while self.victim is not None and not self.victim.has_open(self.file) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        time.sleep(self.chance.uniform(0, LINGER_S))
        self.strike()
        if self.victim is not None:
            self.victim.ended()
        lock.release()


@contextmanager
def armed(killer: Killer, plan: FaultPlan) -> Iterator[None]:
    """Be ready for the point. Points at forms are the person's business."""
    if killer.point.moment in WRITES:
        plan.add(_at_write(killer))
    try:
        if killer.point.moment == ROW:
            with at_row(killer.point.what.removeprefix("row "), killer.strike):
                yield
        else:
            yield
    finally:
        plan.clear()


@contextmanager
def at_row(label: str, action: Callable[[], None]) -> Iterator[None]:
    """Act once, as soon as a row of that label can be read."""
    over = threading.Event()
    newest = max((row.sequence for row in rows_now()), default=0)
    watcher = threading.Thread(target=_watch, args=(label, newest, action, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _watch(label: str, newest: int, action: Callable[[], None], over: threading.Event) -> None:
    while not over.is_set():
        if any(row.label == label for row in rows_now(newest)):
            action()
            return
        over.wait(POLL_S)


@dataclass(slots=True)
class _AtWrite(Fault):
    """A request in its step, at which the attempt dies."""

    killer: Killer | None = None
    # A request that the dying process's own threads make meanwhile finds nothing here any more.
    _begun: bool = field(default=False)

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Whether the request is made in that step."""
        # Not super(): a dataclass with slots is another class than the one that is written here.
        return Fault.matches(self, vendor, method, path) and self._has_begun()

    def strike(self) -> None:
        """Kill, or lock the ledger and let the answer out."""
        assert self.killer is not None
        if self.killer.point.moment != UNRECORDED:
            self.killer.strike()
            return
        lock = Lock(self.killer.file)
        threading.Thread(target=self.killer.strike_at_the_ledger, args=(lock,), daemon=True).start()

    def _has_begun(self) -> bool:
        assert self.killer is not None
        number = STEPS.index(self.killer.point.step)
        if not self._begun:
            self._begun = number == 0 or _is_over(self.killer, STEPS[number - 1])
        return self._begun


def _is_over(killer: Killer, step: str) -> bool:
    wanted = killer.consumers if step == "propagate" else 1
    return sum(row.done == step for row in rows(killer.file)) >= wanted


def _at_write(killer: Killer) -> Fault:
    kinds = {BEFORE: FaultKind.DROP_BEFORE, UNANSWERED: FaultKind.DROP_AFTER, UNRECORDED: FaultKind.SLOW}
    point = killer.point
    return _AtWrite(
        vendor=point.vendor,
        kind=kinds[point.moment],
        method=point.method,
        path=point.path,
        seconds=0.0,
        skip=point.number - 1,
        killer=killer,
    )
