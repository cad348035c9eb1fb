"""The machine of a whole production is switched off and on again: every process, and no file."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from deployments.production import tree
from deployments.production.production import Production, until_well
from deployments.production.service import Service, Supervisor

# As `TimeoutStopSec=` of the worker's unit.
GRACE_S = 30.0
# Their units come before all others.
STORES = frozenset({"postgresql", "redis"})
_LOOK_S = 0.1


def off(production: Production) -> int:
    """Ask every process of it to end, at once; kill those that are there after a while, and say how many were."""
    assert production.supervisor is not None
    production.supervisor.__exit__()
    asked: list[tree.Process] = []
    for one in production.services:
        started = tree.below(one.child.pid)
        # PostgreSQL ends its own processes, and is told by another signal that it need not wait for who is connected.
        also = [] if one.asked_by is not signal.SIGTERM else started
        asked += started
        for pid, number in ((one.child.pid, one.asked_by), *((pid, signal.SIGTERM) for pid, _ in also)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and (any(map(tree.is_there, asked)) or not _are_over(production.services)):
        time.sleep(_LOOK_S)
    left = [one for one in production.services if not one.child.is_over]
    own = {one.child.pid for one in left}
    others = {*filter(tree.is_there, asked), *_with_its_settings(production)}
    tree.kill(others)
    for one in left:
        one.kill()
    return len(own | {pid for pid, _ in others})


def on(production: Production) -> None:
    """Start all of it at once but for what the others need; whatever ends is started again, as by the units."""
    first = [one for one in production.services if one.name in STORES]
    for services in (first, [one for one in production.services if one not in first]):
        for one in services:
            one.start()
        if services is first:
            for one in services:
                until_well(one)
    production.supervisor = Supervisor(production.services)
    production.supervisor.__enter__()


def _with_its_settings(production: Production) -> Iterator[tree.Process]:
    """What a worker started at the last moment, and does not have any more: its settings name a file of this one."""
    home = str(production.here.home).encode()
    for one in tree.below(1):
        with suppress(OSError):
            if home in Path(f"/proc/{one[0]}/environ").read_bytes():
                yield one


def _are_over(services: list[Service]) -> bool:
    return all(one.child.is_over for one in services)
