"""``make bench``: how fast a paper rotation is, and how many requests it makes.

A real Prefect server and worker, the sandbox without any delay, a robot operator. Every figure is the median of the
rotations of this run; ratios compare figures of the same run.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deployments.local import running
from deployments.places import Places
from deployments.processes import free_port
from deployments.robot import Robot
from deployments.sandbox.estate import Estate
from tests.operator import wait_until

ROTATIONS = 5
DEPLOYMENT = "rotate/alpaca-paper"
STEPS = ("preflight", "pause", "snapshot", "await_human_input", "validate", "store", "propagate", "verify", "resume")


@dataclass(frozen=True, slots=True)
class Rotation:
    """One measured rotation, in seconds."""

    trigger_to_start: float
    trigger_to_form: float
    submit_to_validate: float
    submit_to_proof: float
    machine: float
    steps: dict[str, float]
    requests: Counter[str]


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="rekey-bench-") as folder:
        places = Places.made(Path(folder))
        # The server's access log is what requests are counted from.
        logged = {"PREFECT_SERVER_LOGGING_LEVEL": "INFO"}
        with Estate() as estate, running(places, estate, free_port(), server_settings=logged) as prefect:
            dashboard = estate.url("dashboard")
            robot = Robot(dashboard, prefect.environment["PREFECT_API_URL"])
            access = places.logs / "prefect-server.log"
            # The first one imports and compiles; it is not counted.
            measured = [measure(robot, estate, access) for _ in range(ROTATIONS + 1)][1:]
    report(measured)
    return 0


def measure(robot: Robot, estate: Estate, access: Path) -> Rotation:
    """One rotation, from the trigger to the end."""
    estate.server.journal.clear()
    robot.requests = 0
    before = _requests_in(access)
    triggered = datetime.now(UTC)
    run_id = robot.start(DEPLOYMENT)
    wait_until(lambda: robot.form_is_shown(run_id), description="the form is shown", timeout_s=60)
    shown = datetime.now(UTC)
    pair = robot.regenerate()
    submitted = datetime.now(UTC)
    robot.resume(run_id, pair)
    wait_until(lambda: robot.state(run_id)[0] in {"COMPLETED", "FAILED"}, description="the run ends", timeout_s=60)
    state, message = robot.state(run_id)
    if state != "COMPLETED":
        sys.exit(f"the rotation ended {state}: {message}")
    run, tasks = _times(robot, run_id)
    requests = Counter(entry.vendor for entry in estate.server.journal.entries if entry.vendor != "dashboard")
    requests["Prefect API"] = _requests_in(access) - before - robot.requests
    return Rotation(
        trigger_to_start=_seconds(triggered, run[0]),
        trigger_to_form=_seconds(triggered, shown),
        submit_to_validate=_seconds(submitted, tasks["validate"][0]),
        submit_to_proof=_seconds(submitted, tasks["verify"][1]),
        machine=_seconds(run[0], shown) + _seconds(submitted, run[1]),
        steps={name: _seconds(*tasks[name]) for name in tasks},
        requests=requests,
    )


def report(measured: list[Rotation]) -> None:
    """Print the medians."""

    def middle(values: list[float]) -> str:
        return f"{statistics.median(values):7.2f} s   ({min(values):.2f} to {max(values):.2f})"

    machine = statistics.median(one.machine for one in measured)
    say(f"\n{len(measured)} paper rotations, sandbox without delays, dynos that boot at once; median (least to most)\n")
    say(f"  UI trigger to run started     {middle([one.trigger_to_start for one in measured])}")
    say(f"  UI trigger to form shown      {middle([one.trigger_to_form for one in measured])}")
    say(f"  submit to validate started    {middle([one.submit_to_validate for one in measured])}   aim: under 1 s")
    say(f"  submit to proof (verify done) {middle([one.submit_to_proof for one in measured])}")
    say(f"  machine time, whole rotation  {middle([one.machine for one in measured])}   aim: under 5 s")
    say("\n  of which each step                       share of the machine time")
    for name in measured[0].steps:
        seconds = statistics.median(one.steps[name] for one in measured)
        share = "      (waits for the human)" if name == "await_human_input" else f"{seconds / machine:8.0%}"
        say(f"    {name:<32}{seconds:6.2f} s {share}")
    say("\n  requests a rotation")
    for vendor in sorted({name for one in measured for name in one.requests}):
        counts = [one.requests[vendor] for one in measured]
        say(f"    {vendor:<20}{statistics.median(counts):6.0f}   ({min(counts)} to {max(counts)})")


def say(text: str) -> None:
    """One line of the report."""
    print(text, flush=True)  # noqa: T201  # this is the program's output


def _times(robot: Robot, run_id: str) -> tuple[tuple[datetime, datetime], dict[str, tuple[datetime, datetime]]]:
    """When the run, and each of its task runs, started and ended. Prefect records tasks from events, a moment later."""

    def known() -> list[dict[str, Any]]:
        body = {"flow_runs": {"id": {"any_": [run_id]}}, "limit": 100}
        found: list[dict[str, Any]] = robot.api.post("/task_runs/filter", json=body).json()
        return found

    wait_until(lambda: _complete(known()), description="Prefect recorded all task runs", timeout_s=30)
    tasks = {_step(one["name"]): (_moment(one["start_time"]), _moment(one["end_time"])) for one in known()}
    run = robot.api.get(f"/flow_runs/{run_id}").json()
    return (_moment(run["start_time"]), _moment(run["end_time"])), dict(sorted(tasks.items(), key=lambda item: item[1]))


def _complete(tasks: list[dict[str, Any]]) -> bool:
    ended = {_step(one["name"]) for one in tasks if one["end_time"]}
    return {step for step in STEPS if step != "propagate"} <= ended and all(one["end_time"] for one in tasks)


def _step(name: str) -> str:
    return re.sub(r"-[0-9a-f]{3}$", "", name)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()


def _requests_in(access: Path) -> int:
    return len(re.findall(r'"(?:GET|POST|PATCH|PUT|DELETE) /api', access.read_text(errors="replace")))


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    say(f"\n  measured in {time.monotonic() - started:.0f} s")
    sys.exit(code)
