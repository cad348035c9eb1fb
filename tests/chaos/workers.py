"""Plays cells in several processes, each with a Prefect server of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import time
import traceback
from multiprocessing.queues import Queue

import httpx
from prefect.exceptions import PrefectHTTPStatusError

from blocks.settings import ROOT
from deployments.local.processes import ProcessError
from deployments.rehearsal.robot import RobotError
from tests.chaos import table
from tests.chaos.cell import Cell, play
from tests.chaos.play import HELD, Result
from tests.chaos.scene import Scene
from tests.faults.workplace import Workplace, workplace

# A server is used for so many rotations: what it keeps is searched for secrets, and that takes longer the more it is.
BATCH = 25
LOG = ROOT / ".rekey" / "crash-grid.log"
Job = tuple[int, int, float, Cell | Scene]


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)  # noqa: T201  # this is the program's output


def play_all(cells: list[Cell | Scene], processes: int) -> int:
    """Each process takes the next cell; the exit codes count what is broken."""
    context = multiprocessing.get_context("spawn")
    jobs: Queue[Job | None] = context.Queue()
    began = time.time()
    for number, cell in enumerate(cells, start=1):
        jobs.put((number, len(cells), began, cell))
    results: Queue[int] = context.Queue()
    workers = [context.Process(target=_work, args=(jobs, results)) for _ in range(min(processes, len(cells)))]
    for worker in workers:
        jobs.put(None)
        worker.start()
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        # Each stops its own server.
        for worker in workers:
            if worker.pid is not None and worker.is_alive():
                os.kill(worker.pid, signal.SIGINT)
            worker.join()
        raise
    failed = sum(worker.exitcode != 0 for worker in workers)
    return failed + sum(results.get() for worker in workers if worker.exitcode == 0)


def _work(jobs: Queue[Job | None], results: Queue[int]) -> None:
    write_errors_to_the_log()
    broken, job = 0, jobs.get()
    while job is not None:
        try:
            with workplace() as place:
                for _ in range(BATCH):
                    broken += _told(place, job)
                    job = jobs.get()
                    if job is None:
                        break
        except AssertionError as problem:
            # What the server kept is searched at its end.
            say(f"BROKEN: I4, in one of the {BATCH} cells before: {str(problem).splitlines()[0]}")
            broken += 1
    results.put(broken)


def _told(place: Workplace, job: Job) -> bool:
    number, of, began, cell = job
    result = _played(place, cell) or _played(place, cell)
    if result is None:
        say(f"{cell}: NOT PLAYED, see the log")
        return True
    table.keep(str(cell), result)
    minutes = (time.time() - began) / 60
    met = "" if result.met else ", fault not met"
    say(f"[{number}/{of}, {minutes:.0f} min] {cell}: {result.outcome}, {result.seconds} s{met}")
    for violation in result.violations:
        say(f"    BROKEN: {violation}")
    return bool(result.violations)


def _played(place: Workplace, cell: Cell | Scene) -> Result | None:
    """What became of it; None when it could not be played: a server or a file that a busy machine keeps busy."""
    try:
        if isinstance(cell, Scene):
            return cell.play(place)
        with place.operator() as operator:
            return play(cell, operator)
    except AssertionError as problem:
        # The person was shown something that nobody expects, or a secret was found somewhere.
        return Result(HELD, 0.0, violations=[str(problem).splitlines()[0]])
    except (httpx.HTTPError, PrefectHTTPStatusError, ProcessError, RobotError, sqlite3.OperationalError):
        traceback.print_exc()
        return None


def write_errors_to_the_log() -> None:
    """Where the runs write their logs. Progress goes to standard output."""
    LOG.parent.mkdir(mode=0o700, exist_ok=True)
    with LOG.open("ab") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
