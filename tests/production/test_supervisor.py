"""What ends is started again after a while, but for what is lost with its machine; and at the end nothing is left."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.settings import ROOT
from deployments.local.processes import ProcessError
from deployments.production import service
from deployments.production.service import Service, Supervisor
from tests.waiting import wait_until

# It starts another one, as a worker does, and says who that is.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""


def is_there(pid: int) -> bool:
    """Whether it runs: one that is dead waits here for nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(service, "RESTART_S", 0.3)
    made = Service("one", [sys.executable, "-c", PARENT], os.environ, tmp_path / "log", lambda: True)
    made.start()
    yield made
    made.stop()


def children(one: Service) -> list[int]:
    return [int(line) for line in one.log.read_text().split()]


def test_what_is_killed_is_started_again_and_what_it_started_is_gone(one: Service) -> None:
    wait_until(lambda: len(children(one)) == 1, description="it has a child")
    first = one.child.pid
    with Supervisor([one]) as supervisor:
        supervisor.kill("one")
        wait_until(lambda: supervisor.restarts["one"] == 1, description="it is started again")
        assert one.child.pid != first
        wait_until(lambda: len(children(one)) == 2, description="the new one has a child")
        wait_until(lambda: [is_there(pid) for pid in children(one)] == [False, True], description="the first is gone")


def test_what_ends_by_itself_is_started_again(one: Service) -> None:
    wait_until(lambda: len(children(one)) == 1, description="it has a child")
    with Supervisor([one]) as supervisor:
        os.kill(one.child.pid, 9)
        wait_until(lambda: len(children(one)) == 2, description="the new one has a child")
        assert supervisor.restarts["one"] == 1
    # It started that in a session of its own, and nobody knows any more whose it was.
    os.kill(children(one)[0], 9)


def test_what_is_lost_with_its_machine_stays_away_until_there_is_another_one(one: Service) -> None:
    other = Service("other", one.command, one.environment, one.log.with_name("other"), lambda: True)
    other.start()
    with Supervisor([one, other]) as supervisor:
        supervisor.kill("one", for_good=True)
        supervisor.kill("other")
        wait_until(lambda: supervisor.restarts["other"] == 1, description="the other one is started again")
        assert one.child.is_over
        supervisor.bring_back("one")
        assert not one.child.is_over
    other.stop()
    assert supervisor.restarts["one"] == 0


def test_at_the_end_nothing_of_it_is_left(one: Service) -> None:
    wait_until(lambda: len(children(one)) == 1, description="it has a child")
    pids = [one.child.pid, *children(one)]
    one.stop()
    one.stop()
    wait_until(lambda: not any(map(is_there, pids)), description="both are gone")
    with pytest.raises(ProcessError, match="one was not started"):
        _ = one.child


def test_it_waits_as_long_as_the_units_of_deploy() -> None:
    units = (ROOT / "deploy" / "systemd").glob("*.service")
    told = {line for unit in units for line in unit.read_text().splitlines() if line.startswith("RestartSec=")}
    assert told == {f"RestartSec={service.RESTART_S:.0f}"}
