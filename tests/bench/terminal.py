"""What a command costs whose answer somebody waits for: its CPU time against that of importing SQLAlchemy alone."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence

from blocks.settings import ROOT
from deployments.local.processes import LocalPrefect
from tests.bench.output import say

TRIES = 3
# What `rekey status` cannot do without.
LEAST = ["-c", "import sqlalchemy"]
COMMANDS = (["--help"], ["catalog"], ["status"], ["ledger", "show"])


def report(prefect: LocalPrefect) -> None:
    """Measure each command against the least, in turn, and print both."""
    environment = {**prefect.environment, "REKEY_LEASE_S": "1"}
    least = statistics.median([_cpu_s(LEAST, environment) for _ in range(TRIES)])
    say(f"\nAt the terminal: CPU seconds of a command (importing SQLAlchemy alone: {least:.2f} s)")
    for command in COMMANDS:
        spent = statistics.median([_cpu_s(["-m", "deployments.cli.main", *command], environment) for _ in range(TRIES)])
        say(f"  rekey {' '.join(command):<14}{spent:6.2f} s   {spent / least:5.1f} times that")


def _cpu_s(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """User and system seconds of one process. Waiting for an answer is not counted."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
