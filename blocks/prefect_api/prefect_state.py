"""Prefect itself, as health looks at it: who works, and what is scheduled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from json import JSONDecodeError
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from blocks.errors import Unreachable
from blocks.prefect_api.prefect_missing import is_missing
from blocks.settings import WORK_POOL

ONLINE = "ONLINE"
# As many deployments as Prefect lists at once.
A_PAGE = 200
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A deployment: whether it has a schedule that is on, when it was made and when a run ended well last (UTC)."""

    is_scheduled: bool
    made: datetime | None
    at: datetime | None


def workers_online() -> list[str]:
    """The names of the workers of the work pool that Prefect heard of a moment ago. Raises Unreachable."""

    def question() -> list[str]:
        with get_client(sync_client=True) as client:
            found = client.read_workers_for_work_pool(WORK_POOL)
        return sorted(one.name for one in found if one.status is not None and one.status.value == ONLINE)

    return asked("look for workers", question, [])


def scheduled(name: str) -> Scheduled:
    """How a deployment "flow/name" is doing. One that does not exist is not scheduled. Raises Unreachable."""

    def question() -> Scheduled:
        with get_client(sync_client=True) as client:
            deployment = client.read_deployment_by_name(name)
            runs = client.read_flow_runs(
                deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
                flow_run_filter=FlowRunFilter(
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED]))
                ),
                sort=FlowRunSort.END_TIME_DESC,
                limit=1,
            )
        is_on = not deployment.paused and any(one.active for one in deployment.schedules)
        return Scheduled(is_on, deployment.created, runs[0].end_time if runs else None)

    return asked("look at a deployment", question, Scheduled(is_scheduled=False, made=None, at=None))


def deployment(which: UUID) -> DeploymentResponse | None:
    """A deployment; None when Prefect does not know it. Raises Unreachable."""

    def question() -> DeploymentResponse | None:
        with get_client(sync_client=True) as client:
            return client.read_deployment(which)

    return asked("look at a deployment", question, None)


def deployments(flow: str) -> list[DeploymentResponse]:
    """All deployments of the flow of that name. Raises Unreachable."""
    return _all_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])))


def deployments_of_the_pool() -> list[DeploymentResponse]:
    """All that rekey's workers carry out, of whatever flow. Raises Unreachable."""
    return _all_deployments(work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[WORK_POOL])))


def _all_deployments(**which: Any) -> list[DeploymentResponse]:
    def question() -> list[DeploymentResponse]:
        found: list[DeploymentResponse] = []
        with get_client(sync_client=True) as client:
            while page := client.read_deployments(**which, limit=A_PAGE, offset=len(found)):
                found += page
                if len(page) < A_PAGE:
                    break
        return found

    return asked("look at the deployments", question, [])


def work_pool() -> WorkPool | None:
    """The pool of rekey's workers; None when there is none. Raises Unreachable."""

    def question() -> WorkPool | None:
        with get_client(sync_client=True) as client:
            return client.read_work_pool(WORK_POOL)

    return asked("look at the work pool", question, None)


def webhook(document: str) -> str | None:
    """The address to which Prefect's server itself posts by that block; None without one. Raises Unreachable."""

    def question() -> str | None:
        with get_client(sync_client=True) as client:
            return str(
                client.read_block_document_by_name(document, "custom-webhook", include_secrets=False).data["url"]
            )

    return asked("look at its webhook block", question, None)


def asked(operation: str, question: Callable[[], _T], missing: _T) -> _T:
    """The answer, or ``missing`` when Prefect knows no such thing. Its client's errors hold requests and answers."""
    fault = ""
    try:
        return question()
    # Not every method of Prefect's client makes ObjectNotFound of it (3.8.8).
    except (ObjectNotFound, httpx.HTTPError, JSONDecodeError) as error:
        if is_missing(error):
            return missing
        fault = type(error).__name__
    raise Unreachable(vendor="Prefect", operation=operation, fault=fault)
