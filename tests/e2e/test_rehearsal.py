"""``rekey rehearse``: the whole of rekey as a new user runs it, in processes of its own."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from blocks.ledger import Ledger
from blocks.settings import ROOT
from deployments import proof
from deployments.sandbox.estate import Estate
from deployments.scenarios import SCENARIOS

REHEARSAL_TIMEOUT_S = 170


def rekey(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deployments.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=REHEARSAL_TIMEOUT_S, check=False)


def test_a_rehearsal_rotates_the_estate_and_prints_what_was_proved() -> None:
    done = rekey("rehearse", "alpaca-paper")

    assert done.returncode == 0, done.stdout + done.stderr
    steps = ["preflight", "await_readiness", "pause", "snapshot", "await_human_input", "validate", "store"]
    steps += ["verify", "resume"]
    positions = [done.stdout.index(f"  {step} ") for step in steps]
    assert positions == sorted(positions)
    assert "proved: no secret is in any file" in done.stdout
    assert "alpaca-paper is rotated in the rehearsal" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_scenario_of_a_live_rehearsal_ends_with_a_rotated_estate(scenario: str) -> None:
    done = rekey("rehearse", "alpaca-live", "--scenario", scenario)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "proved: no secret is in any file" in done.stdout
    assert "alpaca-live is rotated in the rehearsal" in done.stdout


def test_a_rehearsal_of_an_unknown_credential_is_refused_in_one_line() -> None:
    done = rekey("rehearse", "alpaca-margin")

    assert done.returncode == 1
    assert done.stderr == (
        "rekey: There is no credential 'alpaca-margin' in the catalog. "
        "These can be rotated: alpaca-paper, alpaca-live.\n"
    )


def test_an_estate_that_was_not_rotated_does_not_pass_for_rotated(estate: Estate, ledger: Ledger) -> None:
    before = proof.observe(estate)

    with pytest.raises(proof.NotRotatedError):
        proof.prove_rotated(before, proof.observe(estate), ledger)


def test_one_consumer_that_was_left_out_is_noticed(estate: Estate, ledger: Ledger) -> None:
    before = proof.observe(estate)
    estate.paper.regenerate()
    after = dataclasses.replace(proof.observe(estate), pending=0)

    with pytest.raises(proof.NotRotatedError, match="vault"):
        proof.prove_rotated(before, after, ledger)
