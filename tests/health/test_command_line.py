"""``rekey health`` and ``rekey register``: what they print, their exit codes, and Prefect's own automations."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from prefect import tags
from prefect.automations import AutomationCore
from prefect.client.orchestration import get_client
from prefect.events.actions import SendNotification
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from blocks.catalog import Catalog, load_catalog
from blocks.entry import DOCUMENT
from blocks.settings import ROOT, read_settings
from deployments.cli.main import main
from deployments.local.processes import free_port
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.faults import Fault, FaultKind
from deployments.setup.automations import NAMES, RETIRED, automations, register_automations
from flows.watch import watch
from tests.health.support import PAPER, messages
from tests.operator import Operator
from tests.waiting import wait_until

TOLD = "Watch: Failed, so nobody looks after rotations: Flow run encountered an exception:"


def test_health_prints_the_matrix_and_what_is_wrong_with_what_to_do(
    well: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health"]) == 0
    assert re.search(r"^(\d+) of \1 checks are ok\.$", capsys.readouterr().out, re.MULTILINE)
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[0], None)

    assert main(["health", "--credential", PAPER]) == 4

    told = capsys.readouterr().out
    assert "    heroku raxx-api-staging: failed" in told
    assert "FAILED  alpaca-paper: copy of heroku raxx-api-staging" in told
    assert "a rotation sets them again" in " ".join(told.split())


def test_health_is_machine_readable_and_unknown_has_a_code_of_its_own(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))

    assert main(["health", "--json"]) == 3

    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert set(found) == {"outcome", "matrix", "checks"}
    unknown = [("vault", "unknown"), ("current pair", "unknown"), ("current pair", "unknown")]
    assert [(one["check"], one["outcome"]) for one in found["checks"]] == unknown
    assert [one["state"] for one in found["matrix"]] == ["unknown"] * 3


def test_an_identity_that_the_vault_refuses_is_a_failure_and_no_outage(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.estate.infisical.set_permissions(operator.estate.identity[0], operator.estate.project_id, [])

    assert main(["health"]) == 4

    assert "FAILED  all credentials: vault" in capsys.readouterr().out


def test_an_unknown_credential_is_named_at_the_door(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    assert operator.estate
    assert main(["health", "--credential", "nobody"]) == 1
    assert "There is no credential 'nobody' in the catalog." in capsys.readouterr().err


@pytest.fixture
def catalog(operator: Operator) -> Iterator[Catalog]:  # automations are made for its estate
    """The catalog; no automation outlives the test, and no block of them: health compares it with the next estate."""
    assert operator.estate
    yield load_catalog(read_settings().catalog)
    with get_client(sync_client=True) as client:
        for name in (*NAMES, *RETIRED):
            for known in client.read_automations_by_name(name):
                client.delete_automation(known.id)
        client.delete_block_document(client.read_block_document_by_name(DOCUMENT, "custom-webhook").id)


def test_automations_are_made_once_and_one_that_is_retired_is_deleted(catalog: Catalog) -> None:
    assert [one.split("'")[1] for one in register_automations(catalog)] == list(NAMES)
    with get_client(sync_client=True) as client:
        made = client.read_automations_by_name(NAMES[0])[0]
        client.create_automation(AutomationCore(**{**made.model_dump(exclude={"id"}), "name": RETIRED[0]}))

    again = register_automations(catalog)

    assert [one.split(": ")[-1] for one in again] == [
        *["as it should be."] * len(NAMES),
        "deleted, because rekey tells that itself.",
    ]
    with get_client(sync_client=True) as client:
        assert [len(client.read_automations_by_name(one)) for one in (*NAMES, *RETIRED)] == [1, 1, 1, 0]


def test_a_watch_that_fails_is_told_once_until_it_is_well_again(
    operator: Operator, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_automations(catalog)
    well = os.environ["REKEY_CATALOG"]

    def watched(settings: str) -> bool:
        monkeypatch.setenv("REKEY_CATALOG", settings)
        # As its deployment tags it.
        with tags("watch"):
            state: Any = watch(return_state=True)
        return bool(state.is_completed())

    def told(count: int) -> bool:
        return [one.split(" CatalogError")[0] for one in messages(operator)] == [TOLD] * count

    assert [watched(one) for one in (well, "nowhere.toml")] == [True, False]
    wait_until(lambda: told(1), description="people are told")

    assert [watched(one) for one in ("nowhere.toml", well, "nowhere.toml")] == [False, True, False]

    wait_until(lambda: told(2), description="people are told of the next time it fails, and not of the second one")


@pytest.mark.long
def test_a_watch_of_which_nothing_is_heard_is_told_also_before_its_first_run(
    operator: Operator, catalog: Catalog
) -> None:
    """Nothing failed, and no run of it is there: what is told is that nothing came."""
    register_automations(catalog)
    with get_client(sync_client=True) as client:
        (made,) = client.read_automations_by_name(NAMES[2])
        block = made.actions[0]
        assert isinstance(block, SendNotification)
        (quick,) = (one for one in automations(block, timedelta(seconds=10)) if one.name == made.name)
        client.update_automation(made.id, quick)

    wait_until(
        lambda: any(one.startswith("Watch: silent") for one in messages(operator)),
        description="people are told",
        timeout_s=60,
    )


def health_runs(operator: Operator) -> int:
    """How many runs of health Prefect has."""
    count: int = operator.api.post("/flow_runs/count", json={"flows": {"name": {"any_": ["health"]}}}).json()
    return count


def test_a_wrong_name_is_one_sentence_and_prefect_hears_nothing_of_it(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    before = health_runs(operator)

    assert main(["health", "--credential", "nope"]) == 1

    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("rekey: There is no credential 'nope' in the catalog. These can be rotated: ")
    assert health_runs(operator) == before


@pytest.mark.parametrize("words", [["health"], ["register", "--blocks-only"], ["ledger", "verify"]])
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({PREFECT_API_URL: "http://127.0.0.1:{port}/api"}, "ConnectError"),
        ({PREFECT_API_AUTH_STRING: "rekey:wrong"}, "401"),
    ],
    ids=["no server", "wrong login"],
)
def test_a_prefect_that_cannot_be_reached_is_one_sentence(
    operator: Operator,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    settings: dict[Any, str],
    said: str,
) -> None:
    code = 3 if words[0] == "ledger" else 1
    told = "HTTPStatusError" if (words[0], said) == ("ledger", "401") else said
    with temporary_settings({name: value.format(port=free_port()) for name, value in settings.items()}):
        assert operator.ledger.head()
        assert main(words) == code

    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert told in printed.err


@pytest.mark.long
def test_what_the_run_logs_does_not_bury_what_health_says(well: Operator) -> None:
    """Slack answers with a page of somebody else: what is wrong is said once, and the log is on the run's page."""
    well.estate.server.plan.add(Fault("slack", FaultKind.HTML, status=404, times=None))
    environment = {**well.prefect.environment, **{k: v for k, v in os.environ.items() if k.startswith("REKEY_")}}
    environment.pop("REKEY_CONFIG", None)

    done = subprocess.run(
        [sys.executable, "-m", "deployments.cli.main", "health", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (3, "")
    found = json.loads(done.stdout)
    assert {one["check"] for one in found["checks"] if one["outcome"] != "ok"} >= {"people on call", "ledger"}
    assert set(found["matrix"][0]) >= {"credential", "last_rotated", "copies"}
    (shared,) = (one for one in found["matrix"] if one["credential"] == "all credentials")
    assert shared["state"] == "unknown"
    assert {"copy": "people on call", "state": "unknown"} in shared["copies"]
