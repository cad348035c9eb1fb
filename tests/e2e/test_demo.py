"""``rekey demo`` as a person uses it: it says what to do, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from blocks.catalog import load_catalog
from blocks.settings import ROOT
from deployments.cli.main import main
from deployments.cli.on_this_machine import STOPPING
from deployments.local.places import Places
from deployments.local.prefect_environment import prefect_environment
from deployments.local.processes import free_port, free_ports
from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import ORDER
from tests.waiting import wait_until

pytestmark = pytest.mark.prefect
START_TIMEOUT_S = 300.0
# A demo listens on its ports some seconds after they were chosen: no other test chooses from these.
PORTS_OF_DEMOS = range(12_000, 14_000)
STOP_TIMEOUT_S = 120


def arguments(home: Path, **ports: int) -> list[str]:
    """Its files, and a port for each of what it starts."""
    options = {f"--{name.replace('_', '-')}": str(port) for name, port in ports.items()}
    return ["--home", str(home), *(word for option in options.items() for word in option)]


class Demo:
    """The command in a process of its own, with its files in a folder of the test's."""

    def __init__(self, home: Path, *, prefect_port: int, console_port: int, sandbox_port: int) -> None:
        self.places = Places(home)
        self.prefect_port = prefect_port
        self.console_port = console_port
        self.sandbox_port = sandbox_port
        self.output = home.with_suffix(".output")
        options = arguments(home, prefect_port=prefect_port, console_port=console_port, sandbox_port=sandbox_port)
        command = [sys.executable, "-m", "deployments.cli.main", "demo", *options]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.output.read_text()

    def wait_until_it_says(self, words: str) -> None:
        """Wait until it has printed them. Fails with what it printed when it ended, or does not print them in time."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while words not in self.said:
            assert self.process.poll() is None, f"it ended with code {self.process.poll()}: {self.said}"
            assert time.monotonic() < deadline, f"waited {START_TIMEOUT_S:.0f} s in vain for {words!r}: {self.said}"
            time.sleep(0.1)

    def shell(self, command: str) -> str:
        """What a command prints in another terminal, after the lines that the demo gives for it."""
        given = [line.strip() for line in self.said.splitlines() if line.startswith("  export ")]
        program = command.replace("rekey", f"{sys.executable} -m deployments.cli.main", 1)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("REKEY_", "PREFECT_"))}
        done = subprocess.run(
            ["/bin/sh", "-c", "\n".join([*given, program])],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def ended(self) -> int:
        """Wait until it has stopped by itself; return its exit code."""
        return self.process.wait(STOP_TIMEOUT_S)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts demos; kills what a failing test leaves."""
    started: list[Demo] = []

    def one(**ports: int) -> Demo:
        # In a row: none of them is in another's.
        first = free_ports(2 + len(ORDER), PORTS_OF_DEMOS)
        given = {"prefect_port": first, "console_port": first + 1, "sandbox_port": first + 2, **ports}
        started.append(Demo(tmp_path / "demo", **given))
        return started[-1]

    yield one
    for demo in started:
        for child in descendants(demo.process.pid) if demo.process.poll() is None else []:
            os.kill(child, signal.SIGKILL)
        demo.process.kill()
        demo.process.wait()


def descendants(pid: int) -> set[int]:
    """The processes that it started, and those that they started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [
        (int(child), int(parent)) for child, parent, state in map(str.split, listed.splitlines()) if state[0] != "Z"
    ]
    found: set[int] = set()
    while new := {child for child, parent in rows if parent in {pid, *found}} - found:
        found |= new
    return found


def running(pids: set[int]) -> set[int]:
    """Those that are still there."""
    asked = ["ps", "-o", "pid=,stat=", "-p", ",".join(map(str, pids))]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return {int(pid) for pid, state in map(str.split, listed.splitlines()) if state[0] != "Z"}


def test_the_demo_says_what_to_do_shows_what_happens_and_ctrl_c_leaves_nothing_running(
    start: Callable[..., Demo],
) -> None:
    """Pressed twice, by an impatient person, while a rotation waits for its form: its process is gone too."""
    demo = start()
    demo.wait_until_it_says("Ctrl-C stops")
    ui, dashboard = f"http://127.0.0.1:{demo.prefect_port}/v2", f"http://127.0.0.1:{demo.sandbox_port}"
    console = f"http://localhost:{demo.console_port}"
    addresses = [word for word in demo.said.split() if word.startswith("http")]
    assert addresses[0] == f"{console}/"
    for link in (f"{console}/", f"{ui}/deployments", f"{dashboard}/paper/dashboard/overview"):
        assert link in demo.said
        assert httpx.get(link, headers={"Accept": "text/html"}, trust_env=False).status_code == 200
    assert demo.said.index("export PREFECT_API_URL=") < demo.said.index("Starting the Prefect server")
    assert demo.places.login() not in demo.said
    # Whoever sits there may become an operator by one press; the link is in no terminal.
    assert f'data-token="{demo.places.offer_file.read_text()}"' in httpx.get(console, trust_env=False).text
    assert demo.places.offer_file.read_text() not in demo.said
    assert demo.places.offer_file.stat().st_mode & 0o077 == 0
    for command, told in {"status": "No rotation is open.", "ledger verify": "The ledger's chain is whole"}.items():
        assert told in demo.shell(f"rekey {command}")
    assert [f"\n  {number}. " in demo.said for number in (1, 2, 3, 4)] == [True, True, True, False]
    # Asks again while Prefect's database is busy.
    environment = prefect_environment(demo.places, demo.prefect_port)
    robot = Robot(dashboard, environment)
    deployed = {one["name"] for one in robot.api.post("/deployments/filter", json={}).json()}
    shown = [one.name for one in load_catalog(demo.places.catalog).enabled]
    assert set(shown) <= deployed, "each credential of the demo's own catalog can be started"
    run = robot.start("rotate/alpaca-paper")
    demo.wait_until_it_says("waiting for the new pair: ")
    assert f"waiting for the new pair: {ui}/runs/flow-run/{run}" in demo.said
    wait_until(
        lambda: "alpaca-paper: enter the new pair" in httpx.get(console, trust_env=False).text,
        description="the console shows what waits",
    )
    children = descendants(demo.process.pid)
    # Server, worker, console, and the flow run's process, which is the worker's child.
    assert len(children) >= 4

    demo.process.send_signal(signal.SIGINT)
    demo.wait_until_it_says("Stopping everything")
    demo.process.send_signal(signal.SIGINT)

    assert demo.ended() == 0
    assert running(children) == set()
    assert demo.said.rstrip().endswith(f"REKEY_CONFIG={demo.places.worker_file} .venv/bin/rekey ledger show")
    assert "Traceback" not in demo.said


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.long)])
def test_a_demo_that_is_ended_while_it_starts_leaves_nothing_running(
    start: Callable[..., Demo], number: signal.Signals
) -> None:
    """A request to end, or a terminal that is closed."""
    demo = start()
    wait_until(
        lambda: descendants(demo.process.pid) != set(), description="the server starts", timeout_s=START_TIMEOUT_S
    )
    children = descendants(demo.process.pid)

    demo.process.send_signal(number)

    assert demo.ended() == 1
    assert running(children) == set()
    assert "Traceback" not in demo.said


@pytest.fixture
def _handlers() -> Iterator[None]:
    """The command has its own for every way to end it; pytest gets back what it had."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("busy", ["prefect_port", "console_port", "sandbox_port"])
def test_a_busy_port_is_told_in_one_line_before_anything_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], busy: str
) -> None:
    """The files of a demo that runs already are of that demo: a second one must not remove them."""
    first, home = free_ports(len(ORDER)), tmp_path / "demo"
    ports = {"prefect_port": free_port(), "console_port": free_port(), "sandbox_port": free_ports(len(ORDER))}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()

        assert main(["demo", *arguments(home, **{**ports, busy: first})]) == 1

    said = capsys.readouterr()
    *before, line = (said.out + said.err).splitlines()
    assert all("Loading Prefect" in one for one in before)
    option = f"--{busy.replace('_', '-')}"
    purposes = {"prefect_port": "the Prefect server", "console_port": "the console"}
    meant = purposes.get(busy, f"the sandbox's {ORDER[0]}")
    assert line.startswith(f"rekey: Port {first} on 127.0.0.1, meant for {meant}, is in use. Stop the program")
    assert option in line
    assert not home.exists()


def test_prefects_sdk_is_told_not_to_report_its_use() -> None:
    """In the command's own process too, not only in the children's."""
    # Without what a CI sets, which stops it as well.
    environment = {name: os.environ[name] for name in ("PATH", "HOME")}
    asked = (
        "import deployments.cli.main; from prefect._internal.analytics import enabled as e; "
        "print(e.is_telemetry_enabled())"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
