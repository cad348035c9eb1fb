"""A whole production with many credentials, and rotations that wait: memory by kind of process, questions, and watch.

``make production`` as it is, but for its catalog, the server's access log, and how soon a run leaves its form. It needs
what that needs: PostgreSQL, Redis and nginx.
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deployments.production import tree
from deployments.production.here import Here
from deployments.production.production import OPERATOR, WORKERS, Production
from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import Estate
from tests.bench import left
from tests.bench.health import grown
from tests.bench.output import say
from tests.bench.paper import requests_in
from tests.failover.play import prepare
from tests.waiting import wait_until

# As many minutes of watch as are looked at.
COUNTED_S = 180.0
SAMPLE_S = 2.0
# All of them have to wait before the first one leaves.
LEAVES_AFTER_S = COUNTED_S + 30 * left.RUNS


@dataclass(frozen=True, slots=True)
class Measured:
    """In one state of all runs; memory in MiB by kind of process, and of its runs of watch the seconds of each."""

    what: str
    mib: dict[str, float]
    requests_a_second: float
    watch_s: list[float]
    load: float


class _Here(Here):
    def server(self, name: str) -> dict[str, str]:
        return {**super().server(name), "PREFECT_SERVER_LOGGING_LEVEL": "INFO"}

    def client(self, name: str) -> dict[str, str]:
        return {
            **super().client(name),
            "REKEY_FORM_LEAVE_AFTER_S": str(LEAVES_AFTER_S),
            # Its work alone is measured, and not for how long it stays to look at leases.
            "REKEY_WATCH_STAYS_S": "0",
        }


class _Grown(Production):
    """One of so many credentials."""

    credentials = 0

    def _write_catalog(self) -> None:
        self.here.catalog.write_text(grown(self.estate, self.credentials))
        self.here.write_worker_file(OPERATOR)


def measure(credentials: int) -> Iterator[Measured]:
    """While nothing waits; while rotations wait with their processes; and after those left their forms."""
    with tempfile.TemporaryDirectory(prefix="rekey-bench-") as folder, Estate() as estate:
        # PostgreSQL runs for another user where this is root.
        Path(folder).chmod(0o711)
        production = _Grown(_Here.made(Path(folder) / "here", WORKERS), estate)
        production.credentials = credentials
        with production:
            prepare(production)
            robot = Robot(estate.url("dashboard"), production.environment)
            yield _counted("nothing waits", production, robot)
            runs = [robot.start(f"rotate/c-{number:04d}") for number in range(left.RUNS)]
            wait_until(
                lambda: all(robot.state(run)[0] == "PAUSED" for run in runs),
                description="forms",
                timeout_s=left.READY_S,
            )
            yield _counted(f"{left.RUNS} wait with their processes", production, robot)
            wait_until(
                lambda: all(left.is_left(robot, run) for run in runs), description="left", timeout_s=left.READY_S
            )
            yield _counted(f"{left.RUNS} wait without a process", production, robot)


def report(credentials: int, measured: Iterable[Measured]) -> None:
    """Each state as soon as it was measured."""
    say(f"\nA whole production, {credentials} credentials, {WORKERS} workers, two API servers")
    for one in measured:
        memory = ", ".join(f"{kind} {mib:.0f}" for kind, mib in sorted(one.mib.items()))
        watch = ", ".join(f"{seconds:.0f}" for seconds in one.watch_s) or "none ended"
        say(f"  {one.what}: {sum(one.mib.values()):.0f} MiB ({memory})")
        say(f"    questions to Prefect a second: {one.requests_a_second:.1f}; load {one.load:.1f}")
        say(f"    seconds of each run of watch that ended: {watch}")


def _counted(what: str, production: Production, robot: Robot) -> Measured:
    access = [production.here.logs / f"api-{number}.log" for number in (1, 2)]
    before, asked_here = sum(map(requests_in, access)), robot.requests
    since, samples = _ended_watches(robot), list[dict[str, float]]()
    until = time.monotonic() + COUNTED_S
    while time.monotonic() < until:
        samples.append(_memory(production))
        time.sleep(SAMPLE_S)
    asked = sum(map(requests_in, access)) - before - (robot.requests - asked_here)
    mib = {kind: statistics.mean(sample.get(kind, 0.0) for sample in samples) for kind in samples[-1]}
    watches = [seconds for run, seconds in _ended_watches(robot).items() if run not in since]
    return Measured(what, mib, asked / COUNTED_S, watches, os.getloadavg()[0])


def _memory(production: Production) -> dict[str, float]:
    """Of each kind of process with all that it started: its own, and its share of what it has with others."""
    found = defaultdict[str, float](float)
    for service in production.services:
        pids = [service.child.pid, *(pid for pid, _ in tree.below(service.child.pid))]
        found[re.sub(r"-\d+$", "s", service.name)] += sum(map(left.mib_of, pids))
    return found


def _ended_watches(robot: Robot) -> dict[str, float]:
    """Seconds of each of the newest runs of watch that ended well."""
    newest = {"limit": 20, "sort": "END_TIME_DESC", "flows": {"name": {"any_": ["watch"]}}}
    ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    found = robot.api.post("/flow_runs/filter", json={**newest, **ended}).raise_for_status().json()
    return {run["id"]: float(run["total_run_time"]) for run in reversed(found)}
