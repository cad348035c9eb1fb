"""From Submit to validate: how long an entered pair lies there, typed into Prefect's form and sealed on the console.

Paper rotations in turn, one each way, so that both are measured in the same minutes. The form is looked for as often as
the settings say without being told otherwise.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import history
from blocks.ledger.ledger import Ledger
from blocks.sealed.envelope import seal_entry
from deployments.rehearsal.robot import OPERATOR, Robot
from tests.bench import times
from tests.bench.output import middle, say
from tests.bench.times import seconds
from tests.waiting import wait_until

CREDENTIAL = "alpaca-paper"
PLAIN, SEALED = "typed into Prefect's form", "sealed on the console"


@dataclass(frozen=True, slots=True)
class Entered:
    """Seconds of one entry: until the answer that it is taken, until the run has read it, and until validate began."""

    taken: float
    read: float
    validate: float


class AtConsole:
    """Somebody who is logged in at the console, and sends what its pages send."""

    def __init__(self, url: str, login: str) -> None:
        self._origin = {"Origin": url}
        self._browser = httpx.Client(base_url=url, trust_env=False, timeout=60)
        answer = self._browser.post("/login", json={"name": OPERATOR, "login": login}, headers=self._origin)
        # A browser takes a cookie for https from localhost, too; httpx does not.
        self._cookie = {"Cookie": answer.raise_for_status().headers["set-cookie"].partition(";")[0]}

    def act(self, rotation: str, act: str, body: Mapping[str, Any]) -> httpx.Response:
        """Take it, or answer its form."""
        path = f"/rotations/{rotation}/{act}"
        return self._browser.post(path, json=body, headers={**self._origin, **self._cookie})


def measure(robot: Robot, ledger: Ledger, console: AtConsole, count: int) -> dict[str, list[Entered]]:
    """As many rotations each way; one before them imports and compiles, and is not counted."""
    ways: dict[str, Callable[[str, Pair], None]] = {
        PLAIN: robot.resume,
        SEALED: lambda run_id, pair: _sealed(robot, ledger, console, run_id, pair),
    }
    measured: dict[str, list[Entered]] = {name: [] for name in ways}
    for number in range(count + 1):
        for name, enter in ways.items():
            one = _one(robot, ledger, console, enter)
            if number:
                measured[name].append(one)
    return measured


def _one(robot: Robot, ledger: Ledger, console: AtConsole, enter: Callable[[str, Pair], None]) -> Entered:
    run_id = robot.start(f"rotate/{CREDENTIAL}")
    wait_until(lambda: _shown(robot, run_id) is not None, description="the form is shown", timeout_s=300)
    rotation = _rotation(ledger)
    wait_until(
        lambda: console.act(rotation, "take", {"instead_of": ""}).is_success, description="the console knows of it"
    )
    pair = robot.regenerate()
    submitted = datetime.now(UTC)
    enter(run_id, pair)
    taken = datetime.now(UTC)
    wait_until(lambda: robot.state(run_id)[0] in {"COMPLETED", "FAILED"}, description="the run ends", timeout_s=300)
    state, message = robot.state(run_id)
    if state != "COMPLETED":
        sys.exit(f"the rotation ended {state}: {message}")
    _, steps = times.of_run(robot, run_id)
    moments = (taken, steps["await_human_input"].end, steps["validate"].begin)
    return Entered(*(seconds(submitted, moment) for moment in moments))


def _sealed(robot: Robot, ledger: Ledger, console: AtConsole, run_id: str, pair: Pair) -> None:
    rotation = _rotation(ledger)
    known, key = history.of(ledger, rotation), _shown(robot, run_id) or ""
    text = seal_entry(known.sealing or {}, rotation, known.plan, pair.values)
    form = key.removesuffix("-response")
    console.act(rotation, "answer", {"form": form, "run": run_id, "values": {"sealed": text}}).raise_for_status()


def _shown(robot: Robot, run_id: str) -> str | None:
    keyset = robot.form_of(robot.api.get(f"/flow_runs/{run_id}").json())
    return keyset["response"] if keyset else None


def _rotation(ledger: Ledger) -> str:
    start = ledger.open_start(CREDENTIAL)
    if start is None:
        sys.exit("the ledger has no rotation that is open")
    return start.rotation


def report(measured: Mapping[str, list[Entered]]) -> None:
    """Print the medians, and where the time goes."""
    count = min(len(each) for each in measured.values())
    say(f"\nFrom Submit to validate, {count} paper rotations each way; median (least to most)\n")
    for name, each in measured.items():
        say(f"  {name:<28}{middle([one.validate for one in each])}   aim: under 0.5 s")
        taken, read = (statistics.median(getattr(one, part) for one in each) for part in ("taken", "read"))
        say(f"    of which until it is taken {taken:.2f} s, until the run has read it {read:.2f} s")
