"""What tests of watch share: its minute, which runs it started, and how each stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

from flows.watch import watch

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
