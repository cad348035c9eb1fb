"""How long trading stands still in a live rotation because of the machine, and in which steps.

It begins with the first change of a brake at Heroku and ends with the last answer of a page that trading is on: both as
the sandbox's journal has them. The person's time, from the form for the pair to its submission, is taken out.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import ORDER, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.bench import times
from tests.bench.times import Span
from tests.waiting import wait_until

DEPLOYMENT = "rotate/alpaca-live"
LATENCY_S = 0.08
BOOT_S = 5.0
# What a quick person needs for the click, the code and the form. It is not counted, but what watches the pairs while
# the form is open gets as far as it would with a person.
PERSON_S = 8.0
NO_VENDORS = {"dashboard", "control"}
STEPS = times.STEPS[1:]
BETWEEN = "between steps"


@dataclass(frozen=True, slots=True)
class Downtime:
    """The machine's part of one downtime, and its seconds by step."""

    seconds: float
    steps: dict[str, float]


def slow_down(estate: Estate) -> None:
    """Every answer of a vendor takes a while, and every boot."""
    for vendor in set(ORDER) - NO_VENDORS:
        estate.server.plan.add(Fault(vendor, FaultKind.SLOW, seconds=LATENCY_S, times=None))
    estate.heroku.knobs.boot_delay_s = BOOT_S
    for raptor in estate.raptors.values():
        # As the SOP has it: the application takes the check order while its kill switch is on.
        raptor.knobs.kill_switch_blocks_orders = False


def latencies(estate: Estate, count: int = 10) -> list[float]:
    """How long one answer of each vendor's host really takes, the slowest of some."""
    slowest = []
    for vendor in sorted(set(ORDER) - NO_VENDORS):
        with httpx.Client(base_url=estate.url(vendor), trust_env=False) as client:
            client.get("/")
            taken = []
            for _ in range(count):
                began = time.monotonic()
                client.get("/")
                taken.append(time.monotonic() - began)
        slowest.append(max(taken))
    return slowest


def measure(robot: Robot, estate: Estate) -> Downtime:
    """One rotation by a robot operator."""
    run_id = robot.start(DEPLOYMENT)
    fields = _form(robot, run_id, "confirm")
    ready = datetime.now(UTC)
    robot.be_ready(run_id, fields)
    fields = _form(robot, run_id, "key_id")
    shown = datetime.now(UTC)
    pair = robot.regenerate("live")
    # Not a wait for something: the time that a person takes, which is subtracted below.
    time.sleep(PERSON_S)
    submitted = datetime.now(UTC)
    robot.resume(run_id, pair, fields)
    wait_until(lambda: _state(robot, run_id) == "COMPLETED", description="the run completes", timeout_s=120)
    _, tasks = times.of_run(robot, run_id)
    down = Span(first_change(estate, ready), last_proof(estate))
    person = Span(shown, submitted)
    steps = {name: tasks[name].within(down) - tasks[name].within(person) for name in STEPS if name in tasks}
    taken = down.seconds - person.seconds
    return Downtime(taken, {**steps, BETWEEN: taken - sum(steps.values())})


def first_change(estate: Estate, since: datetime) -> datetime:
    """When Heroku took the first change of config vars."""
    return min(one.at for one in estate.server.journal.of("heroku") if one.method == "PATCH" and one.at >= since)


def last_proof(estate: Estate) -> datetime:
    """When a page said last whether trading is on."""
    return max(one.at for one in estate.server.journal.entries if one.path == "/health/trading")


def _form(robot: Robot, run_id: str, field: str) -> dict[str, Any]:
    """The fields of the form that has this one, once it is shown."""
    found: dict[str, Any] = {}

    def shown() -> bool:
        run = robot.api.get(f"/flow_runs/{run_id}").json()
        keyset = robot.form_of(run)
        if keyset is None:
            _refuse_end(str(run["state"]["type"]), str(run["state"]["message"]))
            return False
        found.clear()
        found.update(robot.fields_of(run_id, keyset))
        if "choice" in found:
            sys.exit("the rotation asks for a decision: it was held, or the account changed")
        return field in found

    wait_until(shown, description=f"the form with {field} is shown", timeout_s=90)
    return found


def _state(robot: Robot, run_id: str) -> str:
    state, message = robot.state(run_id)
    _refuse_end(state, message)
    if state == "PAUSED":
        # The pair's form, until Prefect shows that it was submitted; any other one is not expected.
        run = robot.api.get(f"/flow_runs/{run_id}").json()
        keyset = robot.form_of(run)
        if keyset is not None and "key_id" not in robot.fields_of(run_id, keyset):
            sys.exit("the rotation was held")
    return state


def _refuse_end(state: str, message: str) -> None:
    if state in {"FAILED", "CRASHED", "CANCELLED"}:
        sys.exit(f"the rotation ended {state}: {message}")
