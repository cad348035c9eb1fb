"""Logs as JSON lines on request: a worker, its runs and the console, with the rotation's ID in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.settings import temporary_settings

from blocks.settings import ROOT
from deployments.local.local_console import LocalConsole
from deployments.local.prefect_login import client_settings
from deployments.local.processes import free_port
from deployments.setup.register import deploy
from tests.chaos.test_cancel import form
from tests.chaos.worker_scenes import SETTINGS, installed

JSON_LINES = {"PREFECT_LOGGING_SETTINGS_PATH": str(ROOT / "deployments" / "logging.yml")}

# What these commands say to whoever started them, and not to a log.
TO_THE_TERMINAL = ("The console is at ", "Worker 'ProcessWorker ")

pytestmark = pytest.mark.prefect


def lines_of(log: Path) -> list[dict[str, Any]]:
    """Every line of a log. Fails for one that is no JSON object."""
    said = [one for one in log.read_text().splitlines() if not one.startswith(TO_THE_TERMINAL)]
    return [dict(json.loads(one)) for one in said]


def test_worker_run_and_console_write_one_object_a_line_and_name_the_rotation() -> None:
    with installed() as operator, httpx.Client(trust_env=False) as browser:
        places, settings = operator.prefect.places, {**SETTINGS, **JSON_LINES}
        operator.prefect.start_worker(settings)
        with temporary_settings(client_settings(operator.prefect.environment)):
            deploy(operator.prefect.environment)
        run = operator.robot.start("rotate/alpaca-paper")
        form(operator, run, "key_id")
        (rotation,) = {row.rotation for row in operator.ledger.rows() if row.credential == "alpaca-paper"}
        with LocalConsole(places, free_port(), {**operator.prefect.environment, **settings}) as console:
            console.start()
            own = {"Origin": console.url}
            login = {"name": "anna", "login": places.login()}
            cookie = browser.post(f"{console.url}/login", json=login, headers=own).raise_for_status()
            own["Cookie"] = cookie.headers["set-cookie"].partition(";")[0]
            taking = f"{console.url}/rotations/{rotation}/take"
            browser.post(taking, json={"instead_of": ""}, headers=own).raise_for_status()

        of_worker = lines_of(places.logs / "prefect-worker.log")
        of_console = lines_of(places.logs / "console.log")

    of_run = [one for one in of_worker if one.get("flow_run_id") == run]
    assert {one["logger"] for one in of_run} > {"prefect.flow_runs", "prefect.flow_runs.worker"}
    steps = [one for one in of_run if one.get("task_name") in {"pause", "snapshot"}]
    assert steps
    assert {one["rotation"] for one in steps} == {rotation}
    assert {one["rotation"] for one in of_worker if "rotation" in one} == {rotation}
    (acted,) = (one for one in of_console if one["logger"] == "rekey.console")
    assert (acted["rotation"], acted["message"]) == (rotation, "take by anna from 127.0.0.1: 200")
