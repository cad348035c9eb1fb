"""A run that is not what rekey deployed says so, and ends before it asks anybody anything."""

from __future__ import annotations

from typing import Any

import pytest
from prefect.client.schemas.objects import State

from blocks.prefect_api.deployed import PULL_STEPS
from blocks.prefect_api.work_pool import BASE_JOB_TEMPLATE, set_template
from blocks.settings import ROOT, WORK_POOL
from flows.rotate import rotate
from tests.operator import Operator
from tests.steps.deployed_run import PAPER, Start, only_that


def test_a_run_that_is_as_rekey_deployed_it_goes_on(start_deployed: Start) -> None:
    state = start_deployed()

    assert state.is_completed(), state.message


def test_what_an_earlier_rekey_deployed_from_the_same_folder_goes_on(start_deployed: Start) -> None:
    state = start_deployed(pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}])

    assert state.is_completed(), state.message


@pytest.mark.usefixtures("prefect")
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
def test_what_differs_is_named(start_deployed: Start, other: dict[str, Any], told: str) -> None:
    state = start_deployed(**other)

    assert state.is_failed()
    assert str(state.message).partition("did nothing: ")[2].count(told) == 1
    assert "This run is not what rekey deployed, so it did nothing" in str(state.message)


def test_variables_that_another_template_lets_in_are_named(start_deployed: Start, operator: Operator) -> None:
    """Somebody changed the work pool, and started a run with an environment of its own."""
    opened = {**BASE_JOB_TEMPLATE, "variables": {"type": "object", "properties": {"env": {"type": "object"}}}}
    operator.change(f"/work_pools/{WORK_POOL}", {"base_job_template": opened})

    state = start_deployed(run={"job_variables": {"env": {"REKEY_LEDGER_URL": "sqlite:////tmp/another.db"}}})

    assert "it was started with job variables of its own" in str(state.message)
    set_template()


def test_a_worker_without_its_file_rotates_nothing(start_deployed: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REKEY_CONFIG")

    assert "its worker has no file with settings (REKEY_CONFIG)" in str(start_deployed().message)


def test_a_run_started_with_another_ledger_is_refused(start_deployed: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would pass by the lease and leave no trace where people look."""
    monkeypatch.setenv("REKEY_LEDGER_URL", "sqlite:////tmp/another.db")

    assert "The environment names REKEY_LEDGER_URL beside the worker's file" in str(start_deployed().message)


def test_a_rotation_that_is_refused_took_no_lease_and_wrote_nothing(start_deployed: Start, operator: Operator) -> None:
    state = start_deployed(rotate, pull_steps=[])

    assert state.is_failed()
    assert "its pull steps are other ones" in str(state.message)
    assert operator.ledger.rows() == []
    assert operator.estate.server.journal.entries == [], "no vendor was asked"
