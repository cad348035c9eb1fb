"""A step that takes longer than its own bound is told once, by the run itself or by watch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from blocks import doing
from blocks.model.step import Step
from blocks.prefect_api.recording import recorded
from tasks.lookout import slow_step
from tasks.lookout.beside_the_run import looked_after
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.left_runs import alive, begun
from tests.steps.live import live_rotation
from tests.steps.support import alone
from tests.steps.watching import PAPER, watched
from tests.waiting import wait_until

BOUND_S = 0.6


@pytest.fixture(autouse=True)
def _short(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.1")
    monkeypatch.setattr(slow_step, "MINUTE_S", BOUND_S)


def during(meanwhile: Callable[[], object]) -> None:
    """Let this happen in a step that may take one of these minutes."""
    rotation = live_rotation()
    rotation = replace(rotation, credential=rotation.credential.model_copy(update={"step_timeout_minutes": 1}))

    def steps() -> None:
        with looked_after(), recorded(rotation, Step.STORE):
            meanwhile()

    state = alone(steps)
    assert state.is_completed(), state.message


def test_a_step_that_takes_long_is_told_once_by_the_run_itself(operator: Operator) -> None:
    def takes_long() -> None:
        wait_until(lambda: bool(operator.steps(slow_step.STEP)), description="it is written down")
        time.sleep(2 * BOUND_S)

    during(takes_long)

    (alarm,) = alerts(operator)
    assert alarm.startswith("alpaca-live: a step takes long: store takes longer than 1 min.")
    assert alarm.endswith("Trading: not stopped by this rotation.")
    assert [row.context["slow"] for row in operator.steps(slow_step.STEP)] == ["store"]


def test_the_time_in_which_a_step_waits_for_a_person_does_not_count(operator: Operator) -> None:
    def waits() -> None:
        with doing.waiting():
            time.sleep(3 * BOUND_S)

    during(waits)

    assert alerts(operator) == []


def test_a_run_that_lives_and_writes_nothing_is_told_once_by_watch(operator: Operator) -> None:
    run = begun(operator, PAPER)
    operator.api.post(
        f"/flow_runs/{run.id}/set_state", json={"state": {"type": "RUNNING"}, "force": True}
    ).raise_for_status()
    with alive(run, PAPER):
        time.sleep(7 * BOUND_S)
        watched()
        watched()

    (alarm,) = alerts(operator)
    assert alarm.startswith("alpaca-paper: a step takes long: the step after pause takes longer than 5 min.")
