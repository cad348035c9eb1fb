"""How fast a paper rotation is, and how many requests it makes: the sandbox without any delay, a robot operator."""

from __future__ import annotations

import re
import statistics
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import Estate
from tests.bench import times
from tests.bench.output import middle, say
from tests.bench.times import seconds
from tests.waiting import wait_until

DEPLOYMENT = "rotate/alpaca-paper"


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


def measure(robot: Robot, estate: Estate, access: Path) -> Rotation:
    """One rotation, from the trigger to the end. ``access`` is the Prefect server's log."""
    estate.server.journal.clear()
    robot.requests = 0
    before = requests_in(access)
    triggered = datetime.now(UTC)
    run_id = robot.start(DEPLOYMENT)
    wait_until(
        lambda: robot.form_of(robot.api.get(f"/flow_runs/{run_id}").json()) is not None,
        description="the form is shown",
        timeout_s=300,
    )
    shown = datetime.now(UTC)
    pair = robot.regenerate()
    submitted = datetime.now(UTC)
    robot.resume(run_id, pair)
    wait_until(lambda: robot.state(run_id)[0] in {"COMPLETED", "FAILED"}, description="the run ends", timeout_s=300)
    state, message = robot.state(run_id)
    if state != "COMPLETED":
        sys.exit(f"the rotation ended {state}: {message}")
    run, tasks = times.of_run(robot, run_id)
    requests = Counter(entry.vendor for entry in estate.server.journal.entries if entry.vendor != "dashboard")
    requests["Prefect API"] = requests_in(access) - before - robot.requests
    return Rotation(
        trigger_to_start=seconds(triggered, run.begin),
        trigger_to_form=seconds(triggered, shown),
        submit_to_validate=seconds(submitted, tasks["validate"].begin),
        submit_to_proof=seconds(submitted, tasks["retire"].end),
        machine=seconds(run.begin, shown) + seconds(submitted, run.end),
        steps={name: span.seconds for name, span in tasks.items()},
        requests=requests,
    )


def report(measured: list[Rotation]) -> None:
    """Print the medians."""
    machine = statistics.median(one.machine for one in measured)
    say(f"\n{len(measured)} paper rotations, sandbox without delays, dynos that boot at once; median (least to most)\n")
    say(f"  UI trigger to run started     {middle([one.trigger_to_start for one in measured])}")
    say(f"  UI trigger to form shown      {middle([one.trigger_to_form for one in measured])}")
    say(f"  submit to validate started    {middle([one.submit_to_validate for one in measured])}   aim: under 1 s")
    say(f"  submit to proof (retire done) {middle([one.submit_to_proof for one in measured])}")
    say(f"  machine time, whole rotation  {middle([one.machine for one in measured])}   aim: under 5 s")
    say("\n  of which each step                       share of the machine time")
    for name in measured[0].steps:
        taken = statistics.median(one.steps[name] for one in measured)
        share = "      (waits for the human)" if name == "await_human_input" else f"{taken / machine:8.0%}"
        say(f"    {name:<32}{taken:6.2f} s {share}")
    say("\n  requests a rotation")
    for vendor in sorted({name for one in measured for name in one.requests}):
        counts = [one.requests[vendor] for one in measured]
        say(f"    {vendor:<20}{statistics.median(counts):6.0f}   ({min(counts)} to {max(counts)})")


def requests_in(access: Path) -> int:
    """How many questions to Prefect's API its access log has."""
    return len(re.findall(r'"(?:GET|POST|PATCH|PUT|DELETE) /api', access.read_text(errors="replace")))
