"""Everything that can be wrong with a credential is found, named, and comes with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow
from pydantic import SecretStr

from blocks.check import Depth
from blocks.consumers.github.block import Github
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.prefect_api import estate as blocks
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.prefect_runs import BY_ITSELF
from blocks.settings import ROOT, read_settings
from blocks.vaults import pending
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.estate import REPOSITORY, VAULT_ENVIRONMENT, VAULT_PATH
from deployments.sandbox.faults import Fault, FaultKind
from flows.health import health
from flows.rotate import rotate
from tasks.health import shared
from tasks.health.ask_shared import ALL
from tests.health.support import GITHUB, LIVE, PAPER, Then, examined, looked, messages, rotated, shipped, told, wrong
from tests.operator import Operator
from tests.steps.support import use_catalog


def test_drift_in_one_of_several_copies_says_which_since_when_and_by_whom(well: Operator) -> None:
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[1], made_up.token(""))

    found = examined()

    assert wrong(found) == {f"{PAPER}: copy of heroku raxx-api-staging": "failed"}
    text = told(found, "copy of heroku raxx-api-staging")
    assert f"{datetime.now(UTC):%Y-%m-%d}" in text
    assert "Set ALPACA_PAPER_API_SECRET_KEY config vars" in text
    assert "by somebody@example.com" in text
    (line,) = (one for one in found["matrix"] if one["credential"] == PAPER)
    assert "heroku raxx-api-staging: failed" in line["drift"]
    assert "heroku raxx-api-prod: equal" in line["drift"]


def test_a_brake_that_somebody_engaged_by_hand_is_found(well: Operator) -> None:
    well.estate.heroku.set_by_hand("raxx-mq-a", "TRADING_LIVE_DISABLED", "1")

    found = looked(ALL)

    assert wrong(found) == {f"{LIVE}: brake TRADING_LIVE_DISABLED on raxx-mq-a": "failed"}
    assert "not by a rotation" in told(found, "brake TRADING_LIVE_DISABLED on raxx-mq-a")


def test_an_application_that_names_no_account_is_not_told_to_trade_in_the_expected_one(well: Operator) -> None:
    well.estate.raptors["raptor-prod"].knobs.account_answer = (200, {"alpaca_status": "ACTIVE"})

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: account of raptor-prod": "failed"}
    assert "raptor-prod does not say which account it trades in" in told(found, "account of raptor-prod")


def test_a_github_secret_that_was_edited_after_rekey_wrote_it_is_never_called_equal(well: Operator) -> None:
    assert told(looked(ALL), GITHUB).startswith("github raxx/raxx cannot be read: consistent by time")
    well.estate.github.edit_by_hand(REPOSITORY, PAPER_NAMES[1], made_up.token(""), updated_at=time.time() + 3600)

    found = looked(ALL)

    assert wrong(found) == {f"{PAPER}: {GITHUB}": "failed"}
    assert "was edited at" in told(found, GITHUB)


def test_a_vault_that_was_changed_behind_rekey_shows_in_every_copy(well: Operator) -> None:
    key_id, secret = well.estate.other_paper.regenerate()
    well.estate.infisical.put(
        well.estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, dict(zip(PAPER_NAMES, (key_id, secret), strict=True))
    )

    found = looked(PAPER)

    assert wrong(found) == {
        f"{PAPER}: current pair": "failed",
        f"{PAPER}: copy of heroku raxx-api-prod": "failed",
        f"{PAPER}: copy of heroku raxx-api-staging": "failed",
        f"{PAPER}: {GITHUB}": "failed",
    }
    assert f"when it was rotated it was {well.estate.paper.number}" in told(found, "current pair")


def test_a_copy_of_the_names_in_another_environment_of_the_vault_is_found(well: Operator) -> None:
    well.estate.infisical.put(well.estate.project_id, "staging", "/old", {PAPER_NAMES[0]: made_up.token("")})

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: other places of the vault": "failed"}
    assert "is also in folder /old of environment staging" in told(found, "other places of the vault")


def test_another_app_with_a_config_var_of_the_same_name_is_found_and_every_app_is_asked_once(well: Operator) -> None:
    well.estate.heroku.add_app("raxx-forgotten", {PAPER_NAMES[0]: made_up.token(""), "PORT": "1"})
    first = len(well.estate.server.journal.entries)

    # As the flow does it.
    with CACHE.afresh():
        found = looked("all", depth=Depth.FULL)

    assert set(wrong(found)) == {f"{PAPER}: other places of heroku raxx-api-{one}" for one in ("prod", "staging")}
    text = told(found, "other places of heroku raxx-api-staging", PAPER)
    assert f"no entry of the catalog names them: raxx-forgotten ({PAPER_NAMES[0]}). Such an app may use them" in text
    assert "Not looked at: other accounts, review apps and tests of pipelines." in text
    lists = [one for one in well.estate.server.journal.entries[first:] if (one.vendor, one.path) == ("heroku", "/apps")]
    assert len(lists) == 1
    assert "rekey cannot ask" in told(found, "other places of slack D0AJ7K184TV", PAPER)


def test_a_vault_that_was_changed_although_its_pair_lives_is_no_dead_pair(well: Operator) -> None:
    estate, place = well.estate, shipped(PAPER).vault
    with blocks.vault(place).get_client() as client:
        lives = pending.current(client, place)
        kept = pending.names_of(place, lives.fingerprint, pending.COPY)
        pending.keep_under(client, place, {kept: lives})
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, {PAPER_NAMES[1]: made_up.alpaca_secret()})

    text = told(looked(PAPER), "current pair", PAPER)

    assert f"accepts {lives.fingerprint}, which an earlier preflight found in the vault and kept" in text
    assert f"{kept[1]} into {PAPER_NAMES[1]}. No account was reset." in text


@pytest.mark.usefixtures("well")
def test_a_vault_folder_that_is_gone_leaves_the_copies_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_catalog(tmp_path, monkeypatch, ('path = "/MooseQuest/alpaca"', 'path = "/MooseQuest/moved"'))

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found)[f"{PAPER}: current pair"] == "failed"
    assert "/MooseQuest/moved" in told(found, "current pair")
    copies = [one["outcome"] for one in found["checks"] if one["check"].startswith("copy of")]
    assert copies == ["unknown"] * 4


@pytest.mark.parametrize("vendor", ["heroku", "github", "slack"])
def test_a_token_that_has_ended_is_named(well: Operator, vendor: str) -> None:
    estate = well.estate
    if vendor == "heroku":
        estate.heroku.revoke_token(estate.heroku.token)
    elif vendor == "github":
        estate.github.revoke_token(estate.github.token)
    else:
        estate.slack.replace_token()

    found = looked(PAPER, depth=Depth.FULL)

    failed = {one["check"] for one in found["checks"] if one["outcome"] == "failed"}
    label = {"heroku": "heroku raxx-api-prod", "github": "github raxx/raxx", "slack": "slack D0AJ7K184TV"}[vendor]
    assert f"write to {label}" in failed
    assert vendor in told(found, f"write to {label}").lower()


def test_a_token_that_may_only_read_is_found_by_a_full_run(well: Operator) -> None:
    token = well.estate.github.add_token({"secrets": "read"})
    Github(url=well.estate.url("github"), token=SecretStr(token)).save("rekey", overwrite=True)

    assert looked(PAPER)["outcome"] == "ok"
    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: write to github raxx/raxx": "failed"}
    assert "secrets" in told(found, "write to github raxx/raxx")


def test_a_token_that_ends_soon_is_told_with_its_date(well: Operator) -> None:
    ends = time.time() + 5 * 24 * 3600
    token = well.estate.github.add_token({"secrets": "write"}, ends_at=ends)
    Github(url=well.estate.url("github"), token=SecretStr(token)).save("rekey", overwrite=True)

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {"all credentials: GitHub token": "failed"}
    assert f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%d}" in told(found, "GitHub token")


def test_an_application_that_is_down_is_unknown_and_one_without_the_field_too(well: Operator) -> None:
    well.estate.server.plan.add(Fault("raptor-staging", FaultKind.ANSWER, status=503, times=None))
    well.estate.server.plan.add(Fault("raptor-prod", FaultKind.ANSWER, status=200, body={}, times=None))

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {
        f"{PAPER}: account of raptor-prod": "unknown",
        f"{PAPER}: account of raptor-staging": "unknown",
    }


def test_an_account_that_is_blocked_is_no_dead_key(well: Operator) -> None:
    well.estate.paper.flags["trading_blocked"] = True

    found = looked(PAPER)

    assert wrong(found) == {f"{PAPER}: current pair": "failed"}
    assert "trading_blocked" in told(found, "current pair")


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


@pytest.mark.usefixtures("well")
def test_an_account_whose_owner_suspended_trading_is_told_and_its_pair_is_well(operator: Operator) -> None:
    operator.estate.paper.flags["trade_suspended_by_user"] = True

    found = looked(PAPER)

    assert wrong(found) == {f"{PAPER}: trading at Alpaca": "failed"}
    assert "Trading is suspended by the account's owner" in told(found, "trading at Alpaca")
    assert "rekey never does" in told(found, "trading at Alpaca")


def test_an_overdue_key_fails_one_that_is_due_soon_is_told_once(operator: Operator, well: Operator) -> None:
    rotated(operator, PAPER, days_ago=170)
    rotated(operator, LIVE, days_ago=95)

    found = examined()
    examined()

    assert wrong(found) == {f"{LIVE}: age": "failed"}
    assert "overdue for 5 days" in told(found, "age", LIVE)
    states = {one["credential"]: one["state"] for one in found["matrix"]}
    assert states == {PAPER: "ok, due soon", LIVE: "failed, overdue"}
    assert len(messages(well)) == 2
    assert any("due soon" in one for one in messages(well))


def test_a_key_that_was_never_rotated_has_an_unknown_age(operator: Operator) -> None:
    found = examined(PAPER)

    assert wrong(found)[f"{PAPER}: age"] == "unknown"
    assert [one["last rotated"] for one in found["matrix"]] == ["never"]
    assert operator.ledger.verify() is None


def test_a_rotation_that_is_open_is_not_examined_and_one_that_is_held_fails(well: Operator) -> None:
    context = {"flow_run_id": "no-run", "reason": "scheduled"}
    well.ledger.append(Action.STARTED, rotation="r-open", credential=PAPER, actor="somebody", context=context)
    assert [one["check"] for one in looked(PAPER)["checks"] if one["credential"] == PAPER] == ["rotation"]
    assert looked(PAPER)["outcome"] == "ok"
    held = {"step": "verify", "reason": "The application is down.", "what_would_help": "Start it."}
    well.ledger.append(Action.HELD, rotation="r-open", credential=PAPER, actor="somebody", context=held)

    found = looked(PAPER)

    assert wrong(found) == {f"{PAPER}: rotation": "failed"}
    assert told(found, "rotation") == "Its rotation is held: The application is down. Start it."


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


def test_a_key_that_is_dead_on_one_host_leaves_the_other_credential_ok(well: Operator) -> None:
    well.regenerate()

    found = looked(ALL, Depth.FULL)

    assert wrong(found) == {
        f"{PAPER}: current pair": "failed",
        f"{PAPER}: account of raptor-prod": "failed",
        f"{PAPER}: account of raptor-staging": "failed",
        f"{PAPER}: check orders": "failed",
    }
    assert "is not accepted for paper trading" in told(found, "current pair", PAPER)


@pytest.mark.usefixtures("well")
def test_clocks_that_differ_are_said_so_and_make_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "datetime", Then.of(datetime.now(UTC) - timedelta(minutes=7)))

    found = looked(PAPER)

    assert wrong(found) == {"all credentials: schedule": "unknown"}
    assert "s behind that of Prefect's server" in told(found, "schedule")


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


def test_a_copy_that_rekey_never_wrote_is_older_than_the_vault_only_beyond_what_clocks_differ(
    operator: Operator,
) -> None:
    values = operator.estate.vault_values()
    for seconds, outcome in ((30, "ok"), (3600, "unknown")):
        for name in PAPER_NAMES:
            operator.estate.github.edit_by_hand(REPOSITORY, name, values[name], updated_at=time.time() - seconds)
        found = looked(PAPER)
        assert wrong(found).get(f"{PAPER}: {GITHUB}", "ok") == outcome


@pytest.mark.parametrize(
    "vendor",
    [
        "infisical",
        "alpaca-paper",
        pytest.param("heroku", marks=pytest.mark.long),
        pytest.param("github", marks=pytest.mark.long),
    ],
)
def test_a_vendor_that_limits_requests_is_left_alone_for_as_long_as_it_asks(well: Operator, vendor: str) -> None:
    path = "/api/v3/secrets/raw" if vendor == "infisical" else ".*"
    well.estate.server.plan.add(Fault(vendor, FaultKind.RATE_LIMIT, "GET", path, retry_after_s=1, times=1))
    began = time.monotonic()

    found = looked(PAPER)

    assert found["outcome"] == "ok", wrong(found)
    assert time.monotonic() - began >= 1
