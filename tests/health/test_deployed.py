"""Health compares the work pool and the deployments with rekey's own: both can be edited in Prefect's pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from blocks.errors import StepError
from blocks.prefect_api.work_pool import BASE_JOB_TEMPLATE, set_template
from blocks.settings import ROOT, WORK_POOL
from tests.health.support import PAPER, looked, told, wrong
from tests.operator import Operator

PREFECTS_OWN: dict[str, Any] = {
    "job_configuration": {"command": "{{ command }}", "env": "{{ env }}"},
    "variables": {"type": "object", "properties": {"command": {"type": "string"}, "env": {"type": "object"}}},
}


@pytest.mark.parametrize(
    ("template", "what"),
    [
        (PREFECTS_OWN, "a run may set command; a run may set env"),
        # Prefect merges a run's environment into one that is there, without a placeholder.
        (
            {**BASE_JOB_TEMPLATE, "job_configuration": {"stream_output": True, "env": {}}},
            "its base job template is another one",
        ),
    ],
    ids=["Prefect's own", "an environment"],
)
def test_a_work_pool_that_takes_more_from_a_run_is_found(well: Operator, template: dict[str, Any], what: str) -> None:
    well.change(f"/work_pools/{WORK_POOL}", {"base_job_template": template})

    found = looked(PAPER)
    set_template()

    assert wrong(found) == {"all credentials: work pool": "failed"}
    assert f"is not as rekey made it: {what}." in told(found, "work pool")
    assert wrong(looked(PAPER)) == {}


def test_a_work_pool_of_another_type_is_found_and_not_made_over(
    well: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_RUN_MANIFEST", str(ROOT / "deploy" / "kubernetes" / "run.yaml"))

    found = looked(PAPER)

    said = (
        "The work pool rekey is of type process; with REKEY_RUN_MANIFEST set it has to be of type kubernetes, and "
        "Prefect changes the type of none."
    )
    assert wrong(found) == {"all credentials: work pool": "failed"}
    assert said in told(found, "work pool")
    with pytest.raises(StepError, match="prefect work-pool delete rekey"):
        set_template()
    assert well.api.get(f"/work_pools/{WORK_POOL}").json()["base_job_template"] == BASE_JOB_TEMPLATE


@pytest.mark.usefixtures("well")
def test_whether_the_work_pool_is_that_of_a_manifest_which_is_not_here_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REKEY_RUN_MANIFEST", str(tmp_path / "run.yaml"))

    assert wrong(looked(PAPER)) == {"all credentials: work pool": "unknown"}


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        ({"entrypoint": "flows/health.py:health"}, "its entrypoint is not flows/rotate.py:rotate"),
        ({"parameters": {"credential": "alpaca-live"}}, "its parameters are not just the credential of its name"),
        ({"job_variables": {"command": "true"}}, "it has job variables"),
    ],
    ids=["entrypoint", "parameters", "job variables"],
)
def test_a_deployment_that_was_edited_is_found(well: Operator, edit: dict[str, Any], what: str) -> None:
    made = well.api.get(f"/deployments/name/rotate/{PAPER}").raise_for_status().json()["id"]
    well.change(f"/deployments/{made}", edit)

    found = looked(PAPER)

    assert wrong(found) == {"all credentials: deployments": "failed"}
    assert f"rotate/{PAPER}: {what}" in told(found, "deployments")


@pytest.mark.parametrize(
    ("name", "edit", "what"),
    [
        (
            "health/nightly",
            {"parameters": {"credential": PAPER, "depth": "light"}},
            "its parameters are other ones than credential all, depth full",
        ),
        ("watch/every-minute", {"parameters": {"more": 1}}, "its parameters are other ones than none"),
        (
            f"rotate/{PAPER}",
            {"schedules": [{"schedule": {"cron": "0 0 1 1 *"}, "parameters": {"credential": "alpaca-live"}}]},
            "one of its schedules has parameters of its own",
        ),
    ],
    ids=["health", "watch", "a schedule"],
)
def test_parameters_that_were_edited_are_found(well: Operator, name: str, edit: dict[str, Any], what: str) -> None:
    """A nightly run that examines one credential, and that lightly, would be called a rehearsal of all."""
    made = well.api.get(f"/deployments/name/{name}").raise_for_status().json()["id"]
    edited = {"enforce_parameter_schema": False, **edit}
    well.change(f"/deployments/{made}", edited)

    assert f"{name}: {what}" in told(looked(PAPER), "deployments")


@pytest.mark.parametrize("flow", ["health", "somebody's flow"])
def test_a_deployment_of_somebody_else_on_rekeys_workers_is_found(well: Operator, flow: str) -> None:
    """Its code would run as the worker does: with the login, the ledger and every token."""
    assert wrong(looked(PAPER)) == {}
    made = well.made("/flows/", {"name": flow})["id"]
    body = {"name": "quiet", "flow_id": made, "work_pool_name": WORK_POOL, "entrypoint": "/srv/quiet.py:quiet"}
    deployment = well.made("/deployments/", body)["id"]

    found = looked(PAPER)
    well.delete(f"/deployments/{deployment}")

    assert wrong(found) == {"all credentials: deployments": "failed"}
    said = "health/quiet: its entrypoint is not" if flow == "health" else "quiet (/srv/quiet.py:quiet) is of no flow"
    assert said in told(found, "deployments")


def test_a_credential_that_nobody_could_start_is_found(well: Operator) -> None:
    made = well.api.get(f"/deployments/name/rotate/{PAPER}").raise_for_status().json()["id"]
    well.delete(f"/deployments/{made}")

    assert f"rotate/{PAPER} is missing" in told(looked(PAPER), "deployments")
