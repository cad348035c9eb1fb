"""Health compares the work pool and the deployments with rekey's own: both can be edited in Prefect's pages."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.settings import WORK_POOL
from blocks.work_pool import BASE_JOB_TEMPLATE, set_template
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
    well.api.patch(f"/work_pools/{WORK_POOL}", json={"base_job_template": template}).raise_for_status()

    found = looked(PAPER)
    set_template()

    assert wrong(found) == {"all credentials: work pool": "failed"}
    assert f"is not as rekey made it: {what}." in told(found, "work pool")
    assert wrong(looked(PAPER)) == {}


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
    well.api.patch(f"/deployments/{made}", json=edit).raise_for_status()

    found = looked(PAPER)

    assert wrong(found) == {"all credentials: deployments": "failed"}
    assert f"rotate/{PAPER}: {what}" in told(found, "deployments")


def test_a_credential_that_nobody_could_start_is_found(well: Operator) -> None:
    made = well.api.get(f"/deployments/name/rotate/{PAPER}").raise_for_status().json()["id"]
    well.api.delete(f"/deployments/{made}").raise_for_status()

    assert f"rotate/{PAPER} is missing" in told(looked(PAPER), "deployments")
