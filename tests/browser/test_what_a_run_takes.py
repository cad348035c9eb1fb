"""A run takes no command and no environment from whoever starts it: asked of a real server and worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.settings import WORK_POOL
from tests.browser.conftest import ENDED, Rekey
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(400)  # the first test waits for a whole rekey to start


def answered(rekey: Rekey, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """Prefect's answer; its database may be busy for a moment (503)."""
    answers: list[httpx.Response] = []

    def is_one() -> bool:
        answers.append(rekey.robot.api.request(method, path, json=body))
        return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

    wait_until(is_one, description=f"{path} is answered", timeout_s=90)
    return answers[-1]


def deployment(rekey: Rekey, name: str) -> dict[str, Any]:
    """As Prefect has it."""
    found: dict[str, Any] = answered(rekey, "GET", f"/deployments/name/{name}").raise_for_status().json()
    return found


@pytest.fixture
def rotation(rekey: Rekey) -> Iterator[str]:
    """The deployment of the paper rotation; as it was afterwards."""
    path = f"/deployments/{deployment(rekey, 'rotate/alpaca-paper')['id']}"
    yield path
    answered(rekey, "PATCH", path, {"job_variables": {}}).raise_for_status()


def is_refused(answer: httpx.Response, variable: str) -> bool:
    """Whether Prefect says that the work pool knows no such variable."""
    return answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and f"'{variable}' was unexpected" in answer.text


@pytest.mark.parametrize(
    "variables",
    [
        {"command": "touch executed"},
        {"env": {"REKEY_LEDGER_URL": "sqlite:///another.db"}},
        {"env.REKEY_CONFIG": "/another.toml"},
        {"working_dir": "/"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_run_with_variables_of_its_own_is_not_made(rekey: Rekey, rotation: str, variables: dict[str, Any]) -> None:
    """Neither by the run nor by its deployment, whose change Prefect takes."""
    (name,) = variables
    before = len(rekey.robot.runs())

    refused = answered(rekey, "POST", f"{rotation}/create_flow_run", {"job_variables": variables})
    answered(rekey, "PATCH", rotation, {"job_variables": variables}).raise_for_status()
    refused_too = answered(rekey, "POST", f"{rotation}/create_flow_run", {})

    assert is_refused(refused, name), refused.text
    assert is_refused(refused_too, name), refused_too.text
    assert len(rekey.robot.runs()) == before


@pytest.mark.parametrize("of", [pytest.param("nothing", marks=pytest.mark.long), "rotate/alpaca-paper"])
def test_a_run_that_prefect_makes_with_a_command_executes_none(rekey: Rekey, tmp_path: Path, of: str) -> None:
    """Prefect compares nothing when a run is made in this way; the worker's template has no place for a command."""
    marker = tmp_path / "executed"
    body: dict[str, Any] = {
        "flow_id": deployment(rekey, "rotate/alpaca-paper")["flow_id"],
        "work_pool_name": WORK_POOL,
        "job_variables": {"command": f"touch {marker}", "env": {"REKEY_LEDGER_URL": f"sqlite:///{marker}"}},
        "state": {"type": "SCHEDULED"},
    }
    if of != "nothing":
        body |= {"deployment_id": deployment(rekey, of)["id"], "parameters": {"credential": "alpaca-paper"}}
    run = answered(rekey, "POST", "/flow_runs/", body).raise_for_status().json()["id"]

    def state() -> dict[str, Any]:
        found: dict[str, Any] = answered(rekey, "GET", f"/flow_runs/{run}").raise_for_status().json()["state"]
        return found

    wait_until(lambda: state()["type"] in ENDED, description="the worker tried it", timeout_s=90)
    ended = state()
    answered(rekey, "DELETE", f"/flow_runs/{run}").raise_for_status()
    assert ended["type"] in {"FAILED", "CRASHED"}, ended
    assert not marker.exists()
    if of != "nothing":
        assert "it was started with job variables of its own" in ended["message"]
