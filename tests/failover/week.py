"""A week of a production: everything is restarted each day, while a rotation waits or acts, and between two of them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from deployments.production.here import Here
from deployments.production.production import WORKERS, Production
from deployments.rehearsal.robot import Robot, RobotError
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from deployments.terminal.telling import say
from tests.chaos.invariants import ESTATE
from tests.failover import days, power
from tests.failover.cells import EVERYTHING, FORM, Cell
from tests.failover.days import NOTHING, Day
from tests.failover.play import NOT_KNOWN, TERMINAL, Play, prepare
from tests.failover.silence import secrets_told

# Bounds for what never comes, and no measures.
TIMEOUT_S = 900.0
LOOK_S = 1.0
WELL, WATCH = "every process answers", "a run of watch ended well"
ENDED, ASKED = "no run from before is open", "the form is asked again"


class Week:
    """The days of one production, as they come."""

    def __init__(self, production: Production) -> None:
        self.production = production
        self.days: list[Day] = []
        # How many messages there were at the beginning of each day.
        self._heard: list[int] = []
        self._api = Robot(production.estate.url("dashboard"), production.environment).api

    def day(self, when: str, form: Callable[[datetime], bool] | None = None) -> None:
        """Stop everything, start it again, and look at how that is. ``form`` says whether it is asked again."""
        day = Day(when)
        self._end_of_day()
        self.days.append(day)
        self._heard.append(len(self._messages))
        stopped, began = datetime.now(UTC), time.monotonic()
        day.killed = power.off(self.production)
        day.off_s = time.monotonic() - began
        on, began = datetime.now(UTC), time.monotonic()
        power.on(self.production)
        wanted: dict[str, Callable[[], bool]] = {
            WELL: self._is_well,
            WATCH: lambda: self._watch_ended_well(on),
            ENDED: lambda: self._open_before(stopped) == [],
        }
        if form is not None:
            wanted[ASKED] = lambda: form(on)
        seen = _seconds_until(wanted, began)
        day.violations += [f"{ESTATE}: not after {TIMEOUT_S:.0f} s: {one}" for one in wanted if one not in seen]
        if ENDED not in seen:
            day.violations.append(f"left open in Prefect: {', '.join(self._open_before(stopped))}")
        day.well_s, day.watch_s, day.form_s = seen.get(WELL, 0.0), seen.get(WATCH, 0.0), seen.get(ASKED)
        said = ", ".join(f"{one} after {after_s:.0f} s" for one, after_s in seen.items())
        say(f"{days.name_of(len(self.days))} ({when}): off in {day.off_s:.0f} s, {day.killed} killed; {said}")

    def rotation(self, point: str, times: int) -> None:
        """A whole rotation of alpaca-live, in which this happens at one point so many times."""
        play = Restarted(self, point, times)
        result = play.play()
        first = self.days[-times]
        found = [*result.violations, *(f"left open in Prefect: {one}" for one in result.left)]
        if result.outcome == NOT_KNOWN:
            found.append(f"{ESTATE}: {NOT_KNOWN}")
        first.violations += found
        first.completed_s = result.seconds
        say(f"rotation in which it is {point}: {result.outcome} {result.seconds:.0f} s; {'; '.join(found) or 'good'}")

    def over(self) -> list[Day]:
        """The days, with what was told on the last one."""
        self._end_of_day()
        self._heard.append(len(self._messages))
        if told := secrets_told(self.production, made_up.issued):
            self.days[-1].violations.append(f"a secret is in {', '.join(told)}")
        return self.days

    def _end_of_day(self) -> None:
        if not self.days:
            return
        day = self.days[-1]
        day.load = os.getloadavg()[0]
        heard = self._messages[self._heard[-1] :]
        day.told = [days.headline(one) for one in heard]
        day.violations += [f"told twice: {one}" for one in days.twice(heard)]

    @property
    def _messages(self) -> list[dict[str, Any]]:
        return self.production.estate.slack.messages

    def _is_well(self) -> bool:
        return all(not one.child.is_over and one.well() for one in self.production.services)

    def _watch_ended_well(self, since: datetime) -> bool:
        asked = {
            "flows": {"name": {"any_": ["watch"]}},
            "flow_runs": {"start_time": {"after_": since.isoformat()}, "state": {"type": {"any_": ["COMPLETED"]}}},
        }
        return bool(self._runs(asked))

    def _open_before(self, moment: datetime) -> list[str]:
        """Those that Prefect shows as open; where it does not say, that."""
        found = self._runs(
            {
                "flow_runs": {
                    "expected_start_time": {"before_": moment.isoformat()},
                    "state": {"type": {"not_any_": sorted(TERMINAL)}},
                }
            }
        )
        return ["not known"] if found is None else [f"{one['name']} ({one['state']['type']})" for one in found]

    def _runs(self, asked: dict[str, Any]) -> list[dict[str, Any]] | None:
        try:
            found: list[dict[str, Any]] = self._api.post("/flow_runs/filter", json=asked).raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return None
        return found


class Restarted(Play):
    """One rotation, over some days."""

    def __init__(self, week: Week, point: str, times: int) -> None:
        super().__init__(week.production, Cell(EVERYTHING, point))
        self._week, self._times = week, times
        # Each day waits by itself for what has to come.
        self.patience_s += times * 4 * TIMEOUT_S

    def _strike(self) -> None:
        self.killed = EVERYTHING
        for _ in range(self._times):
            self._week.day(self.cell.point, self._is_asked_again if self.cell.point == FORM else None)

    def _form_is_shown(self) -> None:
        super()._form_is_shown()
        raise RobotError("The form that was shown is gone with its run.", "Fill in the one of the new run.")

    def _is_asked_again(self, since: datetime) -> bool:
        try:
            runs = [run for run in self._own_runs() if run["start_time"] and _time(run["start_time"]) > since]
            forms = [(str(run["id"]), form) for run in runs if (form := self.robot.form_of(run))]
            return any({"key_id", "sealed"} & self.robot.fields_of(*one).keys() for one in forms)
        except (httpx.HTTPError, ValueError, RobotError):
            return False


def _seconds_until(wanted: Mapping[str, Callable[[], bool]], began: float) -> dict[str, float]:
    """When each of these is so for the first time. What never is, is not in it."""
    seen: dict[str, float] = {}
    while len(seen) < len(wanted) and time.monotonic() - began < TIMEOUT_S:
        for name, is_so in wanted.items():
            if name not in seen and is_so():
                seen[name] = time.monotonic() - began
        time.sleep(LOOK_S)
    return seen


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def played(home: Path) -> list[Day]:
    """The whole week, with its files in this folder."""
    shutil.rmtree(home, ignore_errors=True)
    with Estate() as estate, Production(Here.made(home, WORKERS), estate) as production:
        prepare(production)
        week = Week(production)
        week.day(NOTHING)
        week.rotation(FORM, 3)
        week.day(NOTHING)
        week.rotation("propagate", 1)
        week.day(NOTHING)
        return week.over()
