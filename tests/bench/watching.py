"""How long watch takes to ask of every credential whether its pair lives: it begins each minute, and has to be over."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deployments.local.processes import LocalPrefect
from deployments.sandbox.estate import Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.bench.another_process import printed
from tests.bench.health import grown
from tests.bench.output import say

LATENCIES_S = (0.0, 0.3)
# The second run counts: the first one makes the ledger.
RUNS = 2
PROGRAM = f"""
import json, time
from flows.watch import watch
for _ in range({RUNS}):
    began, busy = time.monotonic(), time.process_time()
    state = watch(return_state=True)
    found = {{"seconds": time.monotonic() - began, "cpu": time.process_time() - busy, "well": state.is_completed()}}
    print(json.dumps(found), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of watch over so many credentials; ``cpu`` in seconds of its process alone."""

    credentials: int
    latency_s: float
    seconds: float
    cpu: float
    requests: Counter[str]


def measure(estate: Estate, prefect: LocalPrefect, folder: Path, count: int, latency_s: float) -> Measured:
    """Grow the estate to so many credentials, and look at all of them in a process of its own."""
    catalog = folder / f"watched-{count}.toml"
    catalog.write_text(grown(estate, count))
    slow = [Fault(one, FaultKind.SLOW, seconds=latency_s, times=None) for one in ("alpaca-paper", "infisical")]
    for fault in slow if latency_s else ():
        estate.server.plan.add(fault)
    estate.server.journal.clear()
    ledger = folder / f"watched-{count}.db"
    found = printed("watch", PROGRAM, prefect, catalog, ledger, {"REKEY_WATCH_STAYS_S": "0"})
    for fault in slow:
        estate.server.plan.remove(fault)
    if not all(one["well"] for one in found):
        sys.exit(f"watch did not end well over {count} credentials.")
    requests = Counter(one.vendor for one in estate.server.journal.entries)
    return Measured(count, latency_s, found[-1]["seconds"], found[-1]["cpu"], requests)


def report(measured: Iterable[Measured]) -> None:
    """Seconds and requests; each line as soon as it was measured."""
    say("\nWatch, every pair lives")
    say("  credentials   latency of each answer   seconds   CPU s   ms a credential   requests a credential")
    for one in measured:
        each = sum(one.requests.values()) / one.credentials / RUNS
        ms = 1000 * one.seconds / one.credentials
        say(
            f"  {one.credentials:11d} {one.latency_s:22.2f} s {one.seconds:9.1f} {one.cpu:7.1f} {ms:17.0f} {each:23.1f}"
        )
