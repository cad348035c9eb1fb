"""What tests of watch share: its minute, each of its parts alone, which runs it started, and how each stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

from flows.watch import watch
from tasks.run import untold
from tasks.watch.ask_at_rest import in_doubt
from tasks.watch.incident import go_on_with, open_incidents
from tasks.watch.look_after import look_after, unfinished
from tasks.watch.look_for_death import look_for_death
from tasks.watch.tell_clock import tell_clock
from tasks.watch.tell_late import tell_late
from tasks.watch.tell_unlisted import tell_unlisted, unlisted_to_tell
from tests.steps.support import alone

PAPER, LIVE = "alpaca-paper", "alpaca-live"


def started(credential: str) -> list[FlowRun]:
    """The runs that were started by this credential's deployment."""
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(f"rotate/{credential}")
        runs = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC)
    return [one for one in runs if one.deployment_id == deployment.id]


def watched() -> None:
    """One run of watch."""
    state: Any = watch(return_state=True)
    assert state.is_completed(), state.message


def dead_runs_looked_after() -> None:
    """What watch does of rotations whose run is dead, and nothing else that it does."""

    def work() -> None:
        for credential in unfinished():
            look_after(credential)

    _done(work)


def deaths_looked_for() -> None:
    """What watch does of pairs that may have died by themselves, and nothing else that it does."""

    def work() -> None:
        for credential in in_doubt():
            look_for_death(credential)

    _done(work)


def incidents_gone_on_with() -> None:
    """What watch does of open incidents, and nothing else that it does."""

    def work() -> None:
        for incident in open_incidents():
            go_on_with(incident)

    _done(work)


def told_late() -> None:
    """What watch does of alarms that nobody was told, and nothing else that it does."""

    def work() -> None:
        if untold.waiting():
            tell_late()

    _done(work)


def unlisted_told() -> None:
    """What watch does of open rotations whose entry is missing or disabled, and nothing else that it does."""

    def work() -> None:
        for credential in unlisted_to_tell():
            tell_unlisted(credential)

    _done(work)


def clock_told() -> None:
    """What watch does of its worker's clock, and nothing else that it does."""
    _done(tell_clock)


def _done(work: Callable[[], None]) -> None:
    state = alone(work)
    assert state.is_completed(), state.message


def set_cancelled(run_id: str) -> None:
    """What the worker does to a run that somebody cancelled, after its process is gone."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, Cancelled(), force=True)


def state_of(run_id: str) -> tuple[str, str]:
    """Name and message of a run's state."""
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(run_id)).state
    assert state is not None
    return str(state.name), str(state.message)
