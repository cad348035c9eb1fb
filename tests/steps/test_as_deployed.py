"""A run that is not what rekey deployed says so, and ends before it asks anybody anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow, flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow

from blocks.prefect_api.deployed import PULL_STEPS, entrypoint_of
from blocks.prefect_api.work_pool import BASE_JOB_TEMPLATE, set_template
from blocks.settings import ROOT, WORK_POOL
from flows.rotate import rotate
from tasks.run.as_deployed import as_deployed
from tests.operator import Operator
from tests.steps.support import SHIPPED

PAPER = "alpaca-paper"
Start = Callable[..., State[Any]]


@flow(name="rotate", persist_result=False)
def only_that(credential: str) -> None:
    """The first thing that a rotation does."""
    as_deployed(credential)


@pytest.fixture(autouse=True)
def _worker_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operator: Operator) -> None:
    """This process is the worker's, and nothing was recorded yet."""
    assert operator.ledger.rows() == []
    file = tmp_path / "rekey.toml"
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    file.write_text(f'root = "{ROOT}"\ncatalog = "{SHIPPED}"\nledger_url = "{ledger}"\n')
    monkeypatch.setenv("REKEY_CONFIG", str(file))
    monkeypatch.delenv("REKEY_LEDGER_URL")
    monkeypatch.delenv("REKEY_CATALOG", raising=False)


@pytest.fixture
def start() -> Iterator[Start]:
    """Runs of a deployment that is made for the test, as rekey makes it but for what is given."""
    set_template()
    made: list[UUID] = []

    def started(of: Flow[..., Any] = only_that, run: dict[str, Any] | None = None, **other: Any) -> State[Any]:
        fields: dict[str, Any] = {
            "entrypoint": entrypoint_of("rotate"),
            "pull_steps": PULL_STEPS,
            "work_pool_name": WORK_POOL,
            "parameters": {"credential": PAPER},
            **other,
        }
        with get_client(sync_client=True) as client:
            made.append(client.create_deployment(client.create_flow(of), PAPER, **fields))
            begun = client.create_flow_run_from_deployment(made[-1], **(run or {}))
        state: State[Any] = run_flow(of, flow_run=begun, parameters=begun.parameters, return_type="state")  # type: ignore[assignment]  # its type covers asynchronous flows, too
        return state

    yield started
    with get_client(sync_client=True) as client:
        for one in set(made):
            client.delete_deployment(one)


def test_a_run_that_is_as_rekey_deployed_it_goes_on(start: Start) -> None:
    state = start()

    assert state.is_completed(), state.message


def test_what_an_earlier_rekey_deployed_from_the_same_folder_goes_on(start: Start) -> None:
    state = start(pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}])

    assert state.is_completed(), state.message


def test_a_run_without_a_deployment_was_called_by_a_program() -> None:
    state: State[Any] = only_that(PAPER, return_state=True)

    assert state.is_completed(), state.message


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"entrypoint": "flows/../flows/rotate.py:rotate"}, "its entrypoint is not flows/rotate.py:rotate"),
        ({"pull_steps": []}, "its pull steps are other ones"),
        (
            {"pull_steps": [*PULL_STEPS, {"prefect.deployments.steps.run_shell_script": {"script": "true"}}]},
            "its pull steps are other ones",
        ),
        ({"parameters": {"credential": "alpaca-live"}}, "its parameters are not just the credential of its name"),
        ({"run": {"parameters": {"credential": "alpaca-live"}}}, "it rotates alpaca-live, and its deployment is"),
    ],
    ids=["entrypoint", "no pull steps", "a script as pull step", "parameters", "the run's parameters"],
)
def test_what_differs_is_named(start: Start, other: dict[str, Any], told: str) -> None:
    state = start(**other)

    assert state.is_failed()
    assert str(state.message).partition("did nothing: ")[2].count(told) == 1
    assert "This run is not what rekey deployed, so it did nothing" in str(state.message)


def test_variables_that_another_template_lets_in_are_named(start: Start, operator: Operator) -> None:
    """Somebody changed the work pool, and started a run with an environment of its own."""
    opened = {**BASE_JOB_TEMPLATE, "variables": {"type": "object", "properties": {"env": {"type": "object"}}}}
    operator.change(f"/work_pools/{WORK_POOL}", {"base_job_template": opened})

    state = start(run={"job_variables": {"env": {"REKEY_LEDGER_URL": "sqlite:////tmp/another.db"}}})

    assert "it was started with job variables of its own" in str(state.message)
    set_template()


def test_a_worker_without_its_file_rotates_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REKEY_CONFIG")

    assert "its worker has no file with settings (REKEY_CONFIG)" in str(start().message)


def test_a_run_started_with_another_ledger_is_refused(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would pass by the lease and leave no trace where people look."""
    monkeypatch.setenv("REKEY_LEDGER_URL", "sqlite:////tmp/another.db")

    assert "The environment names REKEY_LEDGER_URL beside the worker's file" in str(start().message)


def test_a_rotation_that_is_refused_took_no_lease_and_wrote_nothing(start: Start, operator: Operator) -> None:
    state = start(rotate, pull_steps=[])

    assert state.is_failed()
    assert "its pull steps are other ones" in str(state.message)
    assert operator.ledger.rows() == []
    assert operator.estate.server.journal.entries == [], "no vendor was asked"
