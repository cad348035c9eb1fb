"""What health finds of rotations themselves: what one left, which is overdue, open or held."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow
from pydantic import SecretStr

from blocks.check import Depth
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import cadence
from blocks.ledger.row import Action
from blocks.ledger.trading import clock
from blocks.prefect_api import estate as blocks
from blocks.prefect_api.prefect_runs import BY_ITSELF
from blocks.settings import ROOT, read_settings
from blocks.vaults import pending
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.estate import VAULT_ENVIRONMENT, VAULT_PATH
from flows.health import health
from flows.rotate import rotate
from tasks.health import shared
from tasks.health.start_due import start_due
from tests.health.support import LIVE, PAPER, Then, examined, looked, messages, rotated, shipped, told, wrong
from tests.operator import Operator
from tests.steps.support import alone, use_catalog


def test_what_a_killed_rotation_left_behind_is_named(well: Operator) -> None:
    key_id, secret = well.estate.other_paper.regenerate()
    with blocks.vault(shipped(PAPER).vault).get_client() as vault:
        pending.keep(vault, shipped(PAPER).vault, Pair(key_id, SecretStr(secret)))
    mark = Pair(key_id, SecretStr(secret)).fingerprint

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: pairs in flight": "failed"}
    assert mark in told(found, "pairs in flight")


@pytest.mark.usefixtures("well")
def test_a_guarded_credential_that_still_allows_plain_entry_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault: nobody is alarmed."""
    found = looked(LIVE)

    assert "typed into Prefect's own form, which keeps it in clear text" in told(found, "entry", LIVE)
    assert wrong(found) == {}

    use_catalog(tmp_path, monkeypatch, ('role = "superadmin"', 'entry = "sealed"\nrole = "superadmin"'))
    assert "taken sealed only" in told(looked(LIVE), "entry", LIVE)


def test_a_sealing_key_of_a_rotation_that_is_over_is_named(well: Operator) -> None:
    place = shipped(PAPER).vault
    name = pending.sealing_name(place, "r-20261128-090000-ab12")
    with blocks.vault(place).get_client() as vault:
        pending.keep_under(vault, place, {}, beside={name: SecretStr(made_up.token(""))})

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: pairs in flight": "failed"}
    assert name in told(found, "pairs in flight")
    assert well.estate.infisical.values(well.estate.project_id, VAULT_ENVIRONMENT, f"{VAULT_PATH}/rekey").keys() == {
        name
    }


def test_an_overdue_key_fails_one_that_is_due_soon_is_told_once(operator: Operator, well: Operator) -> None:
    rotated(operator, PAPER, days_ago=170)
    rotated(operator, LIVE, days_ago=95)

    found = examined()
    examined()

    assert wrong(found) == {f"{LIVE}: age": "failed"}
    assert "overdue for 5 days" in told(found, "age", LIVE)
    states = {one["credential"]: one["state"] for one in found["matrix"]}
    assert states == {PAPER: "ok, due soon", LIVE: "failed, overdue", "all credentials": "ok"}
    assert len(messages(well)) == 2
    assert any("due soon" in one for one in messages(well))


def test_a_rotation_that_is_open_is_not_examined_and_one_that_is_held_fails(well: Operator) -> None:
    context = {"flow_run_id": "no-run", "reason": "scheduled"}
    well.ledger.append(Action.STARTED, rotation="r-open", credential=PAPER, actor="somebody", context=context)
    assert [one["check"] for one in looked(PAPER)["checks"] if one["credential"] == PAPER] == ["rotation"]
    assert looked(PAPER)["outcome"] == "ok"
    held = {"step": "verify", "reason": "The application is down.", "what_would_help": "Start it."}
    well.ledger.append(Action.HELD, rotation="r-open", credential=PAPER, actor="somebody", context=held)

    found = looked(PAPER)

    assert wrong(found) == {f"{PAPER}: rotation": "failed"}
    at = clock(well.ledger.rows()[-1].at)
    role = f"role {shipped(PAPER).role} must act"
    assert told(found, "rotation") == (
        f"Its rotation is held since {at}: The application is down. {role}. What would help: Start it."
    )

    waits = {"step": "hold", "outcome": "waiting", "awaited": "a decision", "run": "no-run", "form": "a-form"}
    well.ledger.append(Action.STEP, rotation="r-open", credential=PAPER, actor="somebody", context=waits)

    assert wrong(looked(PAPER)) == {f"{PAPER}: rotation": "failed"}, "its form waits, and that makes nothing well"
    line = cadence.line_of(shipped(PAPER), well.ledger, datetime.now(UTC))
    assert line["state"].split(", ")[0] == f"held since {at}: {role}"
    assert "ok" not in line["state"].split(", ")

    taken = {"taker": "Sam", "instead_of": "", "why": ""}
    well.ledger.append(Action.TAKEN, rotation="r-open", credential=PAPER, actor="Sam", context=taken)
    line = cadence.line_of(shipped(PAPER), well.ledger, datetime.now(UTC))
    assert line["state"].startswith(f"held since {at}: Sam (who took it) must act")

    done = {"step": "verify", "outcome": "done", "proofs": []}
    well.ledger.append(Action.STEP, rotation="r-open", credential=PAPER, actor="somebody", context=done)

    assert looked(PAPER)["outcome"] == "ok"
    assert "held" not in cadence.line_of(shipped(PAPER), well.ledger, datetime.now(UTC))["state"]


def test_a_ledger_that_somebody_changed_is_found(well: Operator, tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(tmp_path / "ledger.db") as database:
        triggers = [row[0] for row in database.execute("select name from sqlite_master where type = 'trigger'")]
        for name in triggers:
            database.execute(f"drop trigger {name}")
        database.execute("update rekey_ledger set actor = 'somebody else' where sequence = 2")

    found = looked(PAPER)

    assert wrong(found) == {"all credentials: ledger": "failed"}
    assert "broken at row 2" in told(found, "ledger")
    assert well.estate


@pytest.mark.long
def test_two_health_runs_at_once_tell_a_change_once(well: Operator) -> None:
    examined()
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[1], made_up.token(""))

    command = [sys.executable, "-m", "deployments.cli.main", "health", "--credential", PAPER]
    # What of the environment names REKEY_ holds no secret in a test.
    environment = {**well.prefect.environment, **{k: v for k, v in os.environ.items() if k.startswith("REKEY_")}}
    environment.pop("REKEY_CONFIG", None)
    runs = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    found = [one.communicate(timeout=120)[0].decode() for one in runs]

    assert [one.returncode for one in runs] == [4, 4], found
    assert len(messages(well)) == 1
    assert well.ledger.verify() is None


def test_what_is_due_waits_for_a_person_only_where_the_catalog_says_so(
    well: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated(well, PAPER, days_ago=200)
    flow = well.made("/flows/", {"name": rotate.name})
    body = {"name": PAPER, "flow_id": flow["id"], "parameters": {"credential": PAPER}}
    made = well.made("/deployments/", body)["id"]

    def runs() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = well.api.post(
            "/flow_runs/filter", json={"deployments": {"id": {"any_": [made]}}}
        ).json()
        return found

    def started() -> list[str]:
        return [one["id"] for one in runs()]

    examined(PAPER)
    assert started() == []
    use_catalog(tmp_path, monkeypatch, ("cadence_days = 180", "cadence_days = 180\nstart_when_due = true"))
    examined(PAPER)
    assert started() == [], "whoever examines by hand starts nothing"
    _worker_file(tmp_path, monkeypatch)
    catalog = read_settings().catalog
    due = catalog.read_text()
    catalog.write_text(f"<<<<<<< HEAD\n{due}")
    assert alone(lambda: start_due([PAPER])).is_completed()
    assert started() == [], "what was read before does not say what is to begin now"
    catalog.write_text(due)
    _examined_hourly()
    _examined_hourly()

    assert [BY_ITSELF in one["tags"] for one in runs()] == [True]
    for one in started():
        well.delete(f"/flow_runs/{one}")
    well.delete(f"/deployments/{made}")


def _worker_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this process is a worker's, with the same settings."""
    settings = read_settings()
    named = {"root": ROOT, "catalog": settings.catalog, "ledger_url": settings.ledger_url.get_secret_value()}
    (folder / "rekey.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in named.items()))
    (folder / "rekey.toml").chmod(0o600)
    for name in ("REKEY_CATALOG", "REKEY_LEDGER_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("REKEY_CONFIG", str(folder / "rekey.toml"))


def _examined_hourly() -> None:
    """A run of the deployment, as a worker carries it out."""
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("health/hourly")
        begun = client.create_flow_run_from_deployment(deployment.id, parameters={"credential": PAPER})
    state: Any = run_flow(health, flow_run=begun, parameters=begun.parameters, return_type="state")
    assert isinstance(getattr(state.data, "result", None), dict), f"{state.name}: {state.message}"


def test_a_schedule_that_is_new_is_not_yet_a_failed_one(well: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = well.api.get(f"/deployments/name/{shared.WATCH}").json()["id"]
    runs = {"deployments": {"id": {"any_": [deployment]}}}
    for run in well.api.post("/flow_runs/filter", json=runs).json():
        well.delete(f"/flow_runs/{run['id']}")

    found = looked(PAPER)
    assert wrong(found) == {"all credentials: schedule": "unknown"}
    assert "no run of it has ended well yet. Ask again in two minutes." in told(found, "schedule")

    monkeypatch.setattr(shared, "datetime", Then.of(datetime.now(UTC) + timedelta(minutes=7)))
    found = looked(PAPER)
    assert wrong(found) == {"all credentials: schedule": "failed"}
    assert "has never ended well: nobody notices a dead run or a dead key." in told(found, "schedule")
