"""How often pairs are asked whether they live while runs wait for a person, each run a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from blocks.settings import ROOT
from deployments.local.processes import LocalPrefect
from deployments.sandbox.estate import Estate
from tests.bench.health import grown
from tests.bench.output import say
from tests.waiting import wait_until

CREDENTIALS = 10
RUNS = (1, 3, 10)
COUNTED_S = 60.0
READY_S = 300.0
END_S = 30.0
# Waits as a rotation at its form does, until its input ends.
PROGRAM = """
import sys
from datetime import UTC, datetime
from prefect import flow
from blocks.catalog import load_catalog
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate
from blocks.settings import read_settings
from blocks.vaults import pending
from tasks.lookout.lookout import Lookout
name = sys.argv[1]
@flow
def waits():
    credential = load_catalog(read_settings().catalog).get(name)
    with estate.vault(credential.vault).get_client() as vault:
        old = pending.current(vault, credential.vault).fingerprint
    rotation = Rotation(f"r-{name}", credential, Reason.SCHEDULED, "no-run", "rekey", datetime.now(UTC), old=old)
    with Lookout(rotation, Step.AWAIT_HUMAN_INPUT):
        print("waits", flush=True)
        sys.stdin.read()
waits()
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """So many runs that waited in a catalog of CREDENTIALS, and what their issuer was asked in a minute."""

    runs: int
    questions: int

    @property
    def each(self) -> float:
        """Of each credential: its account has an allowance of its own."""
        return self.questions / CREDENTIALS * 60 / COUNTED_S


def measure(estate: Estate, prefect: LocalPrefect, folder: Path, runs: int) -> Measured:
    """Let so many runs wait, each for another credential, and count for a while once all look."""
    catalog = folder / f"waiting-{runs}.toml"
    catalog.write_text(grown(estate, CREDENTIALS))
    environment = {
        **{name: value for name, value in prefect.environment.items() if name != "REKEY_CONFIG"},
        "REKEY_CATALOG": str(catalog),
        "REKEY_LEDGER_URL": f"sqlite:///{folder / f'waiting-{runs}.db'}",
    }
    journal = estate.server.journal
    with contextlib.ExitStack() as waiting:
        logs = [waiting.enter_context(_waiting(f"c-{number:04d}", environment, folder)) for number in range(runs)]
        wait_until(lambda: all("waits" in one.read_text() for one in logs), description="runs", timeout_s=READY_S)
        journal.clear()
        wait_until(lambda: len(journal.of("alpaca-paper")) > runs * CREDENTIALS, description="looks", timeout_s=READY_S)
        journal.clear()
        time.sleep(COUNTED_S)
        return Measured(runs, len(journal.of("alpaca-paper")))


def report(measured: Iterable[Measured]) -> None:
    """Each line as soon as it was measured."""
    say(f"\nQuestions of {CREDENTIALS} credentials while runs wait at their forms")
    say("  runs   a minute   a minute and credential")
    for one in measured:
        say(f"  {one.runs:4d} {60 / COUNTED_S * one.questions:10.0f} {one.each:25.0f}")


@contextlib.contextmanager
def _waiting(name: str, environment: dict[str, str], folder: Path) -> Iterator[Path]:
    log = folder / f"waits-{name}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, name],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
    try:
        yield log
    finally:
        process.communicate(timeout=END_S)
