"""A repository proves its copy by a workflow of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from blocks.check import Depth
from blocks.consumers.github import attestation
from blocks.issuers.alpaca.pair import Pair
from blocks.prefect_api import registered
from blocks.settings import ROOT, read_settings
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.estate import REPOSITORY
from tests.health.support import GITHUB, PAPER, examined, looked, told, wrong
from tests.operator import Operator
from tests.steps.support import use_catalog

WORKFLOW = "rekey-attestation.yml"


@pytest.fixture
def attesting(well: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """The repository has the workflow, and the catalog names it."""
    well.estate.github.add_attestation(REPOSITORY, WORKFLOW, PAPER_NAMES)
    named = f'repository = "{REPOSITORY}"\nattestation = "{WORKFLOW}"'
    use_catalog(tmp_path, monkeypatch, (f'repository = "{REPOSITORY}"', named))
    registered.note(well.ledger, read_settings().catalog, "a test")
    monkeypatch.setattr(attestation, "TIMEOUT_S", 1.0)
    monkeypatch.setattr(attestation, "INTERVAL_S", 0.1)
    return well


def test_a_repository_proves_its_copy_by_a_workflow_of_its_own(attesting: Operator) -> None:
    found = examined(PAPER, depth=Depth.FULL)

    assert found["outcome"] == "ok", wrong(found)
    assert told(found, GITHUB).endswith("its own workflow proved it.")
    (line, _all) = found["matrix"]
    assert "github raxx/raxx: proved" in line["drift"]
    # It costs minutes of a runner.
    assert "consistent by time" in told(examined(PAPER), GITHUB)
    assert len(attesting.estate.server.journal.of("github"))


def test_a_workflow_that_answers_otherwise_is_drift_and_one_that_does_not_is_unknown(attesting: Operator) -> None:
    """An edit that keeps the date would be consistent by time."""
    written = attesting.estate.github.names(REPOSITORY)
    assert set(PAPER_NAMES) <= set(written)
    attesting.estate.github.edit_by_hand(REPOSITORY, PAPER_NAMES[1], made_up.token(""), updated_at=time.time())
    found = looked(PAPER, depth=Depth.FULL)
    assert wrong(found) == {f"{PAPER}: {GITHUB}": "failed"}
    assert "its own workflow says so" in told(found, GITHUB)
    attesting.estate.github.knobs.no_runner = True

    assert wrong(looked(PAPER, depth=Depth.FULL)) == {f"{PAPER}: {GITHUB}": "unknown"}


@pytest.mark.parametrize(
    ("reviewed", "said"),
    [
        (True, "waits for environment production (for approval"),
        (False, "gave no answer in time. Its run was cancelled"),
    ],
)
def test_a_run_that_nobody_lets_begin_is_cancelled_and_what_it_waits_for_is_said(
    attesting: Operator, *, reviewed: bool, said: str
) -> None:
    """One a night would heap up for a month."""
    repository = attesting.estate.github.repository(REPOSITORY)
    if reviewed:
        repository.reviewed[WORKFLOW] = "production"
    attesting.estate.github.knobs.no_runner = True

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: {GITHUB}": "unknown"}
    assert said in told(found, GITHUB)
    assert [(one.status, one.conclusion) for one in repository.runs] == [("completed", "cancelled")]


def test_a_workflow_that_was_not_added_is_named(
    well: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = f'repository = "{REPOSITORY}"\nattestation = "{WORKFLOW}"'
    use_catalog(tmp_path, monkeypatch, (f'repository = "{REPOSITORY}"', named))
    registered.note(well.ledger, read_settings().catalog, "a test")

    found = looked(PAPER, depth=Depth.FULL)

    assert wrong(found) == {f"{PAPER}: {GITHUB}": "failed"}
    assert WORKFLOW in told(found, GITHUB)
    assert well.estate


def test_the_shipped_workflow_answers_as_rekey_expects(tmp_path: Path) -> None:
    """Its own lines, run by Python as a runner does."""
    shipped_workflow = yaml.safe_load((ROOT / "docs" / WORKFLOW).read_text())
    (step,) = shipped_workflow["jobs"]["attest"]["steps"]
    pair = Pair(made_up.token(""), SecretStr(made_up.token("")))
    output = tmp_path / "output"
    environment = {"NONCE": "n", "KEY_ID": pair.key_id, "SECRET": pair.secret.get_secret_value()}
    subprocess.run(
        [sys.executable, "-c", step["run"]], env={**environment, "GITHUB_OUTPUT": str(output)}, check=True, timeout=60
    )

    assert output.read_text() == f"answer={attestation.answer_of(pair, 'n')}\n"
    assert set(environment) == set(step["env"])
    assert shipped_workflow["jobs"]["answer"]["name"].startswith(attestation.JOB)
