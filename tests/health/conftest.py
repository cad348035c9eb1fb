"""An estate in which everything is well: rotated by rekey a month ago, with a worker and a schedule that live."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed

from blocks.prefect_api import registered
from blocks.prefect_api.deployed import OTHERS, PULL_STEPS, entrypoint_of
from blocks.prefect_api.work_pool import set_template
from blocks.settings import WORK_POOL, read_settings
from deployments.local.processes import LocalPrefect
from flows.health import health
from flows.rotate import rotate
from flows.watch import watch
from tests.health.heads_of_tests import File, write
from tests.health.support import LIVE, PAPER, forget_heads, post_head, rotated, runs_of
from tests.operator import Operator
from tests.prefect_rows import rows
from tests.rotation_steps import try_again_at_once


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is repeated at once."""
    try_again_at_once(monkeypatch)
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.01")


# What Prefect keeps of the deployments, the worker and its pool, and of every run that a deployment started.
_OF_DEPLOYMENTS = (
    "SELECT * FROM deployment ORDER BY id",
    "SELECT * FROM deployment_schedule ORDER BY id",
    "SELECT id, base_job_template FROM work_pool ORDER BY id",
    "SELECT * FROM worker ORDER BY id",
    "SELECT id, deployment_id, state_id FROM flow_run WHERE deployment_id IS NOT NULL ORDER BY id",
)
_NEXT = pytest.StashKey[pytest.Item | None]()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Remember which test comes after this one."""
    item.stash[_NEXT] = nextitem


class Deployments:
    """All of rekey's, with a worker that lives: they stay for the next test as long as nothing of them changes.

    Making them takes as much of Prefect's server as most of these tests do.
    """

    def __init__(self, prefect: LocalPrefect) -> None:
        self._prefect = prefect
        self._made: list[UUID] = []
        self._left: list[Any] = []

    def make(self, client: SyncPrefectClient) -> None:
        """Unless they are there, as they were left."""
        if self._made and self._left == self._rows():
            return
        self.delete(client)
        set_template()
        client.send_worker_heartbeat(WORK_POOL, "worker of a test", heartbeat_interval_seconds=600)
        # So seldom that the server makes no run of it meanwhile.
        yearly = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 0 1 1 *"), active=True)
        watched = _deployed(client, watch, "every-minute", schedules=[yearly])
        self._made = [watched]
        self._made += [_deployed(client, health, name, parameters=given) for name, given in OTHERS["health"].items()]
        self._made += [_deployed(client, rotate, name, parameters={"credential": name}) for name in (PAPER, LIVE)]
        run = client.create_flow_run_from_deployment(watched)
        client.set_flow_run_state(run.id, Completed(), force=True)
        self._left = self._rows()

    def delete(self, client: SyncPrefectClient) -> None:
        """Those that there are; a test may have deleted one."""
        for one in self._made:
            with contextlib.suppress(ObjectNotFound):
                client.delete_deployment(one)
        self._made = []

    def _rows(self) -> list[Any]:
        return [rows(self._prefect, query) for query in _OF_DEPLOYMENTS]


@pytest.fixture(scope="session")
def made(prefect: LocalPrefect) -> Deployments:
    """The deployments of the session's Prefect server, from test to test."""
    return Deployments(prefect)


@pytest.fixture
def well(operator: Operator, made: Deployments, request: pytest.FixtureRequest) -> Iterator[Operator]:
    """Nothing is wrong anywhere."""
    with get_client(sync_client=True) as client:
        made.make(client)
        registered.note(operator.ledger, read_settings().catalog, "a test")
        for name in (PAPER, LIVE):
            rotated(operator, name)
        forget_heads(operator)
        post_head(operator)
        yield operator
        # Of this test's ledger: the next one has another.
        with contextlib.suppress(ObjectNotFound):
            client.delete_variable_by_name(registered.VARIABLE)
        following = request.node.stash[_NEXT]
        if following is None or "well" not in getattr(following, "fixturenames", ()):
            made.delete(client)


def _deployed(client: SyncPrefectClient, flow: Flow[..., Any], name: str, **other: Any) -> UUID:
    """A deployment as `rekey register` makes it."""
    made: UUID = client.create_deployment(
        client.create_flow(flow),
        name,
        entrypoint=entrypoint_of(flow.name),
        pull_steps=PULL_STEPS,
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


@pytest.fixture
def file(operator: Operator, tmp_path: Path) -> File:
    """A ledger of six rows, of which none was posted yet."""
    forget_heads(operator)
    written = tmp_path / "ledger.db"
    write(operator.ledger, 3)
    shutil.copy(written, written.with_suffix(".copy"))
    write(operator.ledger, 3)
    return written
