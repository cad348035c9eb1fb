"""An estate in which everything is well: rotated by rekey a month ago, with a worker and a schedule that live."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed

from blocks.prefect_api.deployed import OTHERS, entrypoint_of, pull_steps
from blocks.prefect_api.work_pool import set_template
from blocks.settings import ROOT, WORK_POOL
from flows.health import health
from flows.rotate import rotate
from flows.watch import watch
from tests.health.support import LIVE, PAPER, forget_heads, post_head, rotated, runs_of
from tests.operator import Operator
from tests.rotation_steps import try_again_at_once


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is repeated at once."""
    try_again_at_once(monkeypatch)
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.01")


@pytest.fixture
def well(operator: Operator) -> Iterator[Operator]:
    """Nothing is wrong anywhere."""
    set_template()
    with get_client(sync_client=True) as client:
        client.send_worker_heartbeat(WORK_POOL, "worker of a test", heartbeat_interval_seconds=600)
        # So seldom that the server makes no run of it meanwhile.
        yearly = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 0 1 1 *"), active=True)
        watched = _deployed(client, watch, "every-minute", schedules=[yearly])
        made = [watched]
        made += [_deployed(client, health, name, parameters=given) for name, given in OTHERS["health"].items()]
        made += [_deployed(client, rotate, name, parameters={"credential": name}) for name in (PAPER, LIVE)]
        run = client.create_flow_run_from_deployment(watched)
        client.set_flow_run_state(run.id, Completed(), force=True)
        for name in (PAPER, LIVE):
            rotated(operator, name)
        forget_heads(operator)
        post_head(operator)
        yield operator
        for one in made:
            # A test may have deleted it.
            with contextlib.suppress(ObjectNotFound):
                client.delete_deployment(one)


def _deployed(client: SyncPrefectClient, flow: Flow[..., Any], name: str, **other: Any) -> UUID:
    """A deployment as `rekey register` makes it."""
    made: UUID = client.create_deployment(
        client.create_flow(flow),
        name,
        entrypoint=entrypoint_of(flow.name),
        pull_steps=pull_steps(ROOT),
        work_pool_name=WORK_POOL,
        **other,
    )
    return made


@pytest.fixture
def deployments(operator: Operator) -> Iterator[dict[str, str]]:
    """Rotations can be started by their deployments; nobody works on them, so what is started stays as it is."""
    flow = operator.made("/flows/", {"name": rotate.name})
    made = {
        one: operator.made("/deployments/", {"name": one, "flow_id": flow["id"], "parameters": {"credential": one}})[
            "id"
        ]
        for one in (PAPER, LIVE)
    }
    yield made
    for one in made.values():
        for run in runs_of(operator, one):
            operator.delete(f"/flow_runs/{run['id']}")
        operator.delete(f"/deployments/{one}")
