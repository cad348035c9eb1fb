"""When a run and its steps began and ended, as Prefect recorded it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deployments.rehearsal.robot import Robot
from tests.waiting import wait_until

STEPS = (
    "preflight",
    "pause",
    "snapshot",
    "await_human_input",
    "validate",
    "store",
    "propagate",
    "verify",
    "retire",
    "resume",
)


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another one."""

    begin: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return seconds(self.begin, self.end)

    def within(self, other: Span) -> float:
        """How many of its seconds are in the other one, too."""
        return max(0.0, seconds(max(self.begin, other.begin), min(self.end, other.end)))


def seconds(begin: datetime, end: datetime) -> float:
    """From one moment to the other."""
    return (end - begin).total_seconds()


def of_run(robot: Robot, run_id: str) -> tuple[Span, dict[str, Span]]:
    """The run, and each of its task runs by name. Prefect records tasks from events, a moment later."""

    def known() -> list[dict[str, Any]]:
        body = {"flow_runs": {"id": {"any_": [run_id]}}, "limit": 100}
        found: list[dict[str, Any]] = robot.api.post("/task_runs/filter", json=body).json()
        return found

    wait_until(lambda: _complete(known()), description="Prefect recorded all task runs", timeout_s=30)
    tasks = {_step(one["name"]): _span(one) for one in known()}
    run = robot.api.get(f"/flow_runs/{run_id}").json()
    return _span(run), dict(sorted(tasks.items(), key=lambda item: item[1].begin))


def _complete(tasks: list[dict[str, Any]]) -> bool:
    ended = {_step(one["name"]) for one in tasks if one["end_time"]}
    return {step for step in STEPS if step != "propagate"} <= ended and all(one["end_time"] for one in tasks)


def _span(one: dict[str, Any]) -> Span:
    return Span(datetime.fromisoformat(one["start_time"]), datetime.fromisoformat(one["end_time"]))


def _step(name: str) -> str:
    return re.sub(r"-[0-9a-f]{3}$", "", name)
