"""What rotations cost that wait for a person: with their processes, and after those left their forms; and watch."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.settings import temporary_settings

from blocks.catalog import load_catalog
from deployments.local.places import Places
from deployments.local.prefect_login import client_settings
from deployments.local.processes import Child, LocalPrefect, free_port
from deployments.production import tree
from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import Estate
from deployments.setup.register import deploy, seed_blocks
from tests.bench.health import grown
from tests.bench.output import say
from tests.bench.paper import requests_in
from tests.waiting import wait_until

RUNS = 20
# Of one worker: half of its limit is left for watch.
RUNS_OF_A_WORKER = 5
COUNTED_S = 60.0
READY_S = 900.0
SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True)
class Measured:
    """In one state of all runs: memory of their processes and of watch in MiB, and questions to Prefect a second."""

    what: str
    mib: float
    processes: float
    requests_a_second: float
    watch_s: float | None


def measure(runs: int) -> Iterator[Measured]:
    """Let so many rotations wait: before they begin, with their processes, and without them."""
    with tempfile.TemporaryDirectory(prefix="rekey-bench-") as folder, _installed(Path(folder), runs) as prefect:
        # As long as it takes to begin them all, and to count once.
        settings = {"REKEY_FORM_LEAVE_AFTER_S": str(COUNTED_S + 20 * runs), "REKEY_WATCH_STAYS_S": "0"}
        workers = [prefect.start_worker(settings) for _ in range(0, runs, RUNS_OF_A_WORKER)]
        with temporary_settings(client_settings(prefect.environment)):
            deploy(prefect.environment)
        robot, names = Robot("", prefect.environment), [f"c-{number:04d}" for number in range(runs)]
        yield _counted("nothing waits", prefect, workers, robot)
        started = [robot.start(f"rotate/{name}") for name in names]
        wait_until(
            lambda: all(robot.state(run)[0] == "PAUSED" for run in started), description="forms", timeout_s=READY_S
        )
        yield _counted(f"{runs} wait with their processes", prefect, workers, robot)
        wait_until(lambda: all(is_left(robot, run) for run in started), description="left", timeout_s=READY_S)
        # Watch looks once at what each of them may have overwritten.
        time.sleep(2 * COUNTED_S)
        yield _counted(f"{runs} wait without a process", prefect, workers, robot)


def report(measured: Iterable[Measured]) -> None:
    """Each line as soon as it was measured."""
    say("\nRotations that wait for a person")
    say("                                     MiB   processes   questions to Prefect a second   a run of watch")
    for one in measured:
        watch = f"{one.watch_s:.1f} s" if one.watch_s is not None else "none ended"
        say(f"  {one.what:<32} {one.mib:6.0f} {one.processes:11.1f} {one.requests_a_second:31.1f}   {watch:>14}")


@contextmanager
def _installed(folder: Path, count: int) -> Iterator[LocalPrefect]:
    logged = {"PREFECT_SERVER_LOGGING_LEVEL": "INFO"}
    with (
        Estate() as estate,
        LocalPrefect(Places.made(folder), free_port(), logged) as prefect,
        pytest.MonkeyPatch.context() as patch,
    ):
        url, catalog = f"sqlite:///{prefect.places.ledger}", prefect.places.catalog
        catalog.write_text(grown(estate, count))
        patch.setenv("REKEY_LEDGER_URL", url)
        patch.setenv("REKEY_CATALOG", str(catalog))
        prefect.places.write_worker_file(catalog=catalog, prefect_ui_url=prefect.ui_url)
        prefect.start_server()
        with temporary_settings(client_settings(prefect.environment)):
            seed_blocks(estate.seeds(), load_catalog(catalog))
        yield prefect


def _counted(what: str, prefect: LocalPrefect, workers: Sequence[Child], robot: Robot) -> Measured:
    access = prefect.places.logs / "prefect-server.log"
    before, samples = requests_in(access), []
    until = time.monotonic() + COUNTED_S
    while time.monotonic() < until:
        pids = {pid for one in workers for pid, _ in tree.below(one.pid)}
        samples.append((sum(map(mib_of, pids)), len(pids)))
        time.sleep(1)
    asked = requests_in(access) - before
    prefect.check()
    mib, processes = (sum(column) / len(samples) for column in zip(*samples, strict=True))
    return Measured(what, mib, processes, asked / COUNTED_S, _watch_s(robot))


def mib_of(pid: int) -> float:
    """What it has for itself of memory, and its share of what it has with others (Linux)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def is_left(robot: Robot, run: str) -> bool:
    """Whether the process of this run left its form."""
    return bool(robot.api.get(f"/flow_runs/{run}").json()["state"]["name"] == SUSPENDED)


def _watch_s(robot: Robot) -> float | None:
    """How long the newest run of watch took that ended well."""
    newest = {"limit": 1, "sort": "END_TIME_DESC", "flows": {"name": {"any_": ["watch"]}}}
    ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    found = robot.api.post("/flow_runs/filter", json={**newest, **ended}).json()
    return float(found[0]["total_run_time"]) if found else None
