"""What Prefect is told agrees with the catalog, and every entrypoint loads as the worker loads it."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.importtools import import_object

from blocks.catalog import load_catalog
from blocks.prefect_api.deployed import OTHERS, PULL_STEPS, entrypoint_of
from blocks.settings import ROOT, WORK_POOL, Settings
from deployments.setup.deployments import FILE, all_of

PREFECT_YAML: dict[str, Any] = all_of(load_catalog(Settings().catalog))
DEPLOYMENTS: list[dict[str, Any]] = PREFECT_YAML["deployments"]


def test_there_is_one_rotation_a_credential_of_the_catalog() -> None:
    catalog = load_catalog(Settings().catalog)
    rotations = [one for one in DEPLOYMENTS if one["entrypoint"].endswith(":rotate")]
    assert [one["name"] for one in rotations] == [one.name for one in catalog.enabled]
    assert all(one["parameters"]["credential"] == one["name"] for one in rotations)


def test_no_deployment_has_a_concurrency_limit() -> None:
    """Prefect gives the slot of a paused run back and crashes it later, and keeps the slot of a run that was killed."""
    assert [one["name"] for one in DEPLOYMENTS if "concurrency_limit" in one] == []


def test_watch_runs_every_minute_and_health_every_hour_and_every_night() -> None:
    crons = {one["name"]: [each["cron"] for each in one["schedules"]] for one in DEPLOYMENTS if "schedules" in one}
    assert crons == {"every-minute": ["* * * * *"], "hourly": ["17 * * * *"], "nightly": ["40 3 * * *"]}


def test_every_deployment_uses_the_pool_that_rekey_starts_a_worker_for() -> None:
    assert {one["work_pool"]["name"] for one in DEPLOYMENTS} == {WORK_POOL}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one["name"])
def test_every_entrypoint_loads_as_the_worker_loads_it(
    deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert set(deployment["parameters"]) <= set(flow.parameters.properties)
    assert not flow.retries, "a paused flow that is retried asks with a key that is used up"


def test_a_worker_goes_to_its_own_checkout_wherever_it_was_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    ((step, inputs),) = PULL_STEPS[0].items()
    left = import_object(step)(**inputs)

    assert left["directory"] == str(ROOT) == str(Path.cwd())
    assert str(ROOT) not in json.dumps([PREFECT_YAML, DEPLOYMENTS])


def test_prefect_yaml_says_what_every_run_is_compared_with() -> None:
    assert PREFECT_YAML["pull"] == PULL_STEPS
    for one in DEPLOYMENTS:
        flow = one["entrypoint"].rpartition(":")[2]
        assert one["entrypoint"] == entrypoint_of(flow)
        assert set(one) & {"job_variables", "pull"} == set()
        assert [schedule for schedule in one.get("schedules", []) if schedule.get("parameters")] == []
    said = [
        (one["entrypoint"].rpartition(":")[2], one["name"], one["parameters"])
        for one in DEPLOYMENTS
        if not one["entrypoint"].endswith(":rotate")
    ]
    assert said == [(flow, name, given) for flow, named in OTHERS.items() for name, given in named.items()]


def test_every_flow_asks_first_whether_it_is_what_rekey_deployed() -> None:
    for path in sorted(ROOT.joinpath("flows").glob("[!_]*.py")):
        (procedure,) = (one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef))
        assert ast.unparse(procedure.body[1]).startswith("as_deployed("), path.name


def test_no_credential_is_written_down_beside_the_catalog() -> None:
    """One that is added there has its rotation with the next `rekey register`, and nobody copies its name."""
    names = load_catalog(Settings().catalog).credential
    assert [name for name in names if name in FILE.read_text()] == []


def test_a_rotation_is_told_with_what_its_issuer_asks_for() -> None:
    paper, live = (one["description"] for one in DEPLOYMENTS[:2])

    assert paper.startswith("Rotates the Alpaca paper key. Press **Run**, then **Quick run**;")
    assert live.startswith("Rotates the Alpaca **live** key, which moves real money. Choose a time when the market is")
    assert "have the second factor at hand" in live
    assert [one["tags"] for one in DEPLOYMENTS[:2]] == [["rekey", "rotation", "paper"], ["rekey", "rotation", "live"]]
