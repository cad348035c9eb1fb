"""Runs that are about to begin, and those that no worker ever will.

A worker begins a run within seconds, on a busy machine within a minute or two. One that still waits after
``begin_within_s`` is ended: the worker that took it is lost, and no other one will ever begin it (Prefect 3.8.8). All
times here are of the clock of Prefect's server, which wrote those of the runs: another machine's may differ by minutes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType

from blocks.errors import Unreachable
from blocks.prefect_api import clock
from blocks.prefect_api.prefect_missing import NOT_PREFECTS
from blocks.prefect_api.prefect_runs import ROTATE, end
from blocks.settings import read_settings

NOTHING_CHANGED = "No worker began it in time, so nothing was changed: start the rotation again."
NEVER_BEGAN = "No worker began it in time: a later run does what it would have done."
# A scheduled run counts from then on; AwaitingRetry, Late and Resuming are names of it.
WAITING = (StateType.SCHEDULED, StateType.PENDING)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Whether a run is about to begin, and which were ended because no worker began them: their IDs."""

    is_due: bool
    ended: tuple[str, ...] = ()


def of_rotation(credential: str, *, but: str) -> Beginning:
    """The runs of this credential's rotation, without the one that is named ``but``. Raises Unreachable.

    One that somebody scheduled for later is left alone, and is not waited for.
    """
    runs, now = _waiting(ROTATE)
    ours = [run for run in runs if run.parameters.get("credential") == credential and str(run.id) != but]
    within = timedelta(seconds=read_settings().begin_within_s)
    ended = tuple(_ended(run) for run in ours if _due_since(run, now) < now - within)
    return Beginning(any(now - within <= _due_since(run, now) <= now + within for run in ours), ended)


def is_soon(run_id: str) -> bool:
    """Whether a worker is to begin that run again soon, or has just begun it. Ends nothing. Raises Unreachable.

    Not for longer than ``begin_within_s``, however often a worker takes it and does not begin it meanwhile.
    """
    states, now = _states_of(run_id)
    within = timedelta(seconds=read_settings().begin_within_s)
    if states and states[-1].type is StateType.RUNNING:
        return True
    waits = list(takewhile(lambda one: one.type in WAITING, reversed(states)))
    if not waits:
        return False
    since: datetime = waits[-1].timestamp
    due: datetime = waits[0].state_details.scheduled_time or waits[0].timestamp
    return since >= now - within and due <= now + within


def _states_of(run_id: str) -> tuple[list[State[Any]], datetime]:
    """Every state that the run had, the newest last, and the time; none of a run that Prefect does not know."""
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            states = client.read_flow_run_states(UUID(run_id))
            return sorted(states, key=lambda one: one.timestamp), clock.of_server(client)
    except httpx.HTTPError as error:
        fault = type(error).__name__
    except ValueError:
        fault = NOT_PREFECTS
    raise Unreachable(vendor="Prefect", operation="look whether a run begins again", fault=fault)


def end_lost(flow: str, *, waits: StateType) -> tuple[str, ...]:
    """End the runs of this flow that waited too long; return their IDs. Raises Unreachable.

    ``waits``: PENDING for those that a worker took and never began, SCHEDULED for those that none took.
    """
    runs, now = _waiting(flow)
    since = now - timedelta(seconds=read_settings().begin_within_s)
    return tuple(_ended(run) for run in runs if run.state_type is waits and _due_since(run, now) < since)


def end_lost_rotations(*, but: Collection[str]) -> list[tuple[str, str]]:
    """End the runs of rotations that a worker took and never began; return credential and ID. Raises Unreachable.

    ``but`` are the credentials whose rotation is looked after otherwise.
    """
    runs, now = _waiting(ROTATE)
    since = now - timedelta(seconds=read_settings().begin_within_s)
    taken = [run for run in runs if run.state_type is StateType.PENDING and _due_since(run, now) < since]
    named = [(str(run.parameters.get("credential", "")), run) for run in taken]
    return [(name, _ended(run, NOTHING_CHANGED)) for name, run in named if name not in but]


def _ended(run: FlowRun, message: str = NEVER_BEGAN) -> str:
    end(str(run.id), message)
    return str(run.id)


def _waiting(flow: str) -> tuple[list[FlowRun], datetime]:
    """The runs of this flow that wait for a worker, and the time."""
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
                flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*WAITING]))),
            )
            return runs, clock.of_server(client)
    except httpx.HTTPError as error:
        fault = type(error).__name__
    except ValueError:
        fault = NOT_PREFECTS
    raise Unreachable(vendor="Prefect", operation="look for runs that begin", fault=fault)


def _due_since(run: FlowRun, now: datetime) -> datetime:
    """Since when it could have begun, or when it will."""
    if run.state is not None and run.state.type is StateType.PENDING:
        return run.state.timestamp
    return run.next_scheduled_start_time or run.expected_start_time or now
