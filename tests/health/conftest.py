"""An estate in which everything is well: rotated by rekey a month ago, with a worker and a schedule that live."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists
from prefect.states import Completed

from blocks.settings import WORK_POOL
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
    with get_client(sync_client=True) as client:
        with contextlib.suppress(ObjectAlreadyExists):
            client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process"))
        client.send_worker_heartbeat(WORK_POOL, "worker of a test", heartbeat_interval_seconds=600)
        # So seldom that the server makes no run of it meanwhile.
        yearly = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 0 1 1 *"), active=True)
        made = client.create_deployment(client.create_flow(watch), "every-minute", schedules=[yearly])
        run = client.create_flow_run_from_deployment(made)
        client.set_flow_run_state(run.id, Completed(), force=True)
        for name in (PAPER, LIVE):
            rotated(operator, name)
        forget_heads(operator)
        post_head(operator)
        yield operator
        client.delete_deployment(made)


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
