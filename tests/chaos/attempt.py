"""A real process for each start of the flow, forked from one that has imported Prefect and rekey already.

Importing takes three seconds, forking a hundredth of one. The process that is forked from has no thread, and every
thread of Prefect's client begins in the child.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.chaos import child

END_TIMEOUT_S = 30.0
_STOPPED = "T"


class Attempt:
    """One process that runs the flow once."""

    def __init__(self, order: child.Order) -> None:
        self.name = order.name
        self.began = time.monotonic()
        self._process: ForkServerProcess = forked().Process(target=child.run, args=(order,), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs, or is stopped by a signal."""
        return self._process.is_alive()

    def kill(self) -> None:
        """End it at once, as a lost machine does. Fine when it has ended."""
        if self.is_alive:
            os.kill(self.pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it where it is, until ``thaw``."""
        os.kill(self.pid, signal.SIGSTOP)
        _wait_for_state(self.pid, _STOPPED)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def ended(self, timeout_s: float = END_TIMEOUT_S) -> bool:
        """Wait for its end; whether it came."""
        self._process.join(timeout_s)
        return not self.is_alive

    @property
    def completed(self) -> bool:
        """Whether it ended by itself with a completed rotation."""
        return self._process.exitcode == child.COMPLETED

    def has_open(self, path: Path) -> bool:
        """Whether the process has this file open now."""
        folder = Path(f"/proc/{self.pid}/fd")
        try:
            return any(_target(one) == path for one in folder.iterdir())
        except OSError:
            return False


def forked() -> multiprocessing.context.ForkServerContext:
    """Where processes of tests come from: Python has one such server, whatever is to run."""
    context = multiprocessing.get_context("forkserver")
    # Without __main__, which is the program that kills.
    context.set_forkserver_preload([child.__name__])
    return context


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:
        # Closed meanwhile.
        return None


def _wait_for_state(pid: int, state: str) -> None:
    deadline = time.monotonic() + END_TIMEOUT_S
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != state:
        assert time.monotonic() < deadline, f"process {pid} does not reach state {state}"
        time.sleep(0.001)
