"""A worker and all that it started are killed at once, as with its machine: nothing is shown as running without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from prefect.settings import temporary_settings

from blocks.ledger.row import Action
from blocks.prefect_api.beginning import NEVER_BEGAN, NOTHING_CHANGED
from deployments.local.prefect_login import client_settings
from deployments.local.processes import Child
from deployments.production import tree
from deployments.setup.register import deploy
from tasks.watch.end_dead import CLOSED
from tests.chaos.test_cancel import form
from tests.chaos.worker_scenes import SETTINGS, installed
from tests.operator import Operator
from tests.waiting import wait_until

TIMEOUT_S = 300.0
# Longer than a busy machine takes to begin a run.
WITHIN = {**SETTINGS, "REKEY_BEGIN_WITHIN_S": "45"}
PAPER = "alpaca-paper"

pytestmark = [pytest.mark.long, pytest.mark.prefect]


@contextmanager
def working() -> Iterator[tuple[Operator, Child]]:
    """All is deployed, and a worker is there."""
    with installed() as operator:
        worker = operator.prefect.start_worker(WITHIN)
        with temporary_settings(client_settings(operator.prefect.environment)):
            deploy(operator.prefect.environment)
        yield operator, worker


def until(reached: Callable[[], bool], what: str) -> None:
    """Until it is so."""
    wait_until(reached, description=what, timeout_s=TIMEOUT_S)


def lose(worker: Child) -> None:
    """SIGKILL to the worker first, so that it tells Prefect nothing of its runs."""
    started = tree.below(worker.pid)
    worker.kill()
    tree.kill(started)


def looked_after(operator: Operator, run: str) -> tuple[str, str]:
    """A new worker carries out watch; how the lost run stands then."""
    operator.prefect.start_worker(WITHIN)

    def is_over() -> bool:
        return operator.robot.state(run)[0] not in {"PENDING", "RUNNING", "SCHEDULED"}

    until(is_over, "the lost run is over")
    found = operator.api.get(f"/flow_runs/{run}").raise_for_status().json()["state"]
    return found["name"], found["message"]


def test_the_first_run_of_a_rotation_that_it_holds_pending_is_ended_and_told_and_another_begins() -> None:
    with working() as (operator, worker):
        run = operator.robot.start(f"rotate/{PAPER}")
        until(lambda: operator.robot.state(run)[0] == "PENDING", "the worker took it")
        lose(worker)
        assert operator.robot.state(run)[0] == "PENDING", "it began, so this proves nothing"

        assert looked_after(operator, run) == ("Taken over", NOTHING_CHANGED)
        until(lambda: f"No worker began the rotation of {PAPER}" in str(operator.estate.slack.messages), "it is told")
        form(operator, operator.robot.start(f"rotate/{PAPER}"), "key_id")
        assert operator.actions() == [Action.STARTED]


def test_the_run_that_was_to_go_on_with_a_rotation_is_replaced_when_its_worker_holds_it_pending() -> None:
    with working() as (operator, worker):
        first = operator.robot.start(f"rotate/{PAPER}")
        form(operator, first, "key_id")
        lose(worker)
        another = operator.prefect.start_worker(WITHIN)
        known: list[str] = []

        def is_pending() -> bool:
            known[:] = [str(one["id"]) for one in operator.robot.runs() if one["id"] != first]
            return bool(known) and operator.robot.state(known[0])[0] == "PENDING"

        until(is_pending, "another worker took the run that watch started")
        lose(another)

        assert looked_after(operator, known[0]) == ("Taken over", NEVER_BEGAN)
        until(lambda: len(operator.robot.runs()) > 2, "a third run is started")
        newest = next(str(one["id"]) for one in operator.robot.runs() if one["id"] not in {first, known[0]})
        form(operator, newest, "key_id")


def test_a_run_that_it_leaves_in_preflight_is_not_shown_as_running() -> None:
    with working() as (operator, worker):
        run = operator.robot.start(f"rotate/{PAPER}")
        until(lambda: bool(operator.actions()), "preflight has begun")
        lose(worker)
        assert not operator.steps("preflight"), "it was over, so this proves nothing"
        assert operator.robot.state(run)[0] == "RUNNING"

        assert looked_after(operator, run) == ("Taken over", CLOSED)
        until(lambda: operator.actions() == [Action.STARTED, Action.ABORTED], "the rotation is closed")
