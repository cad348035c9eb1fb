"""A rotation of a pair that lives beside the new one: nothing is down, and a failure before retire ends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks import catalog, listed
from blocks.kinds import kinds_with
from blocks.ledger.row import Action
from blocks.listed import Listed
from blocks.secret import Minted
from blocks.settings import read_settings
from deployments.sandbox.estate import VAULT_ENVIRONMENT, VAULT_PATH
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer
from tests.issuers.overlap.issuer import Overlap
from tests.issuers.overlap.twin import Twin
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once

NAME, APP = "overlap-test", "raxx-overlap"
VARIABLE = "OVERLAP_TOKEN"
KEYS = f'names = {{ token = "{VARIABLE}" }}'
ENTRY = f"""
[credential.{NAME}]
issuer = "overlap"
realm = "test"
role = "ops"
cadence_days = 180

[credential.{NAME}.vault]
environment = "{VAULT_ENVIRONMENT}"
path = "{VAULT_PATH}"
{KEYS}

[[credential.{NAME}.consumers]]
kind = "heroku"
app = "{APP}"
{KEYS}
"""
HOSTS = "[hosts.issuers]\n"


@pytest.fixture(autouse=True)
def _no_waiting_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    try_again_at_once(monkeypatch)
    give_up_after(monkeypatch, 1)


@pytest.fixture
def served() -> Iterator[tuple[Twin, SandboxServer]]:
    """The issuer's twin, on a port of its own."""
    twin = Twin()
    server = SandboxServer({"overlap": twin.app()})
    server.start()
    yield twin, server
    server.stop()


@pytest.fixture
def overlap(
    served: tuple[Twin, SandboxServer], operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Twin:
    """A credential of this issuer, listed beside Alpaca, with an application that has its pair."""
    twin, server = served
    monkeypatch.setitem(
        listed.ISSUERS,
        Overlap.word,
        Listed(
            "tests.issuers.overlap.issuer:Overlap", realms=Overlap.realms, called=Overlap.called, fields=Overlap.fields
        ),
    )
    # The catalog checks with what was listed when it was loaded.
    monkeypatch.setattr(catalog, "KINDS", kinds_with([]))
    Overlap(url=server.url("overlap")).save("rekey", overwrite=True)
    values = {VARIABLE: twin.mint()}
    operator.estate.infisical.put(operator.estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, values)
    operator.estate.heroku.add_app(APP, values)
    text = read_settings().catalog.read_text() + ENTRY
    text = text.replace(HOSTS, f'{HOSTS}overlap = "{server.url("overlap")}"\n')
    (tmp_path / "with-overlap.toml").write_text(text)
    monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "with-overlap.toml"))
    return twin


def in_the_vault(operator: Operator) -> str:
    """What consumers read there."""
    return operator.estate.vault_values()[VARIABLE]


def in_the_app(operator: Operator) -> str:
    """What the application runs with."""
    return dict(operator.estate.heroku.serving(APP) or {})[VARIABLE]


def minting(twin: Twin) -> Any:
    """A person who makes a second pair, and looks whether the old one lives still."""

    def mint(person: Operator) -> Minted:
        assert "### Rotate overlap-test" in (person.form.description if person.form else "")
        assert len(twin.keys) == 1
        return Minted({"token": SecretStr(twin.mint())})

    return mint


def steps(operator: Operator) -> list[str]:
    """The steps that were done, in their order."""
    done = [row for row in operator.ledger.rows() if row.context.get("outcome") == "done"]
    return list(dict.fromkeys(str(row.context["step"]) for row in done))


def test_the_old_pair_is_revoked_as_the_new_one_after_everything_runs_with_that_and_nothing_is_down_meanwhile(
    overlap: Twin, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever used the vault's or the application's pair at any moment was accepted.

    The revoked one is accepted for a while still, which is waited for.
    """
    (old,) = overlap.keys
    overlap.late = 3
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "30")
    seen: list[bool] = []

    class Looking(Fault):
        def strike(self) -> None:
            seen.append({in_the_vault(operator), in_the_app(operator)} <= set(overlap.keys.values()))

    for vendor in ("infisical", "heroku"):
        operator.estate.server.plan.add(Looking(vendor, FaultKind.SLOW, seconds=0.0, times=None))

    outcome = operator.rotate(minting(overlap), credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    (new,) = overlap.keys
    assert new != old
    assert in_the_vault(operator) == in_the_app(operator) == overlap.keys[new]
    assert steps(operator)[-5:] == ["store", "propagate", "verify", "retire", "resume"]
    assert any("Overlap holds 1 of 2 keys." in one for one in operator.steps("preflight")[-1].context["proofs"])
    (proof,) = operator.steps("retire")[-1].context["proofs"]
    assert proof.startswith("Old pair ")
    assert " is dead: refused " in proof
    assert overlap.late == 0
    assert len(seen) > 10
    assert all(seen)


def test_without_a_free_slot_nobody_is_asked_to_mint(overlap: Twin, operator: Operator) -> None:
    overlap.mint()

    outcome = operator.rotate(credential=NAME)

    assert outcome.state.is_failed()
    assert "Overlap holds 2 keys already. Delete the one that nobody uses." in outcome.message
    assert outcome.descriptions == []


def test_a_failure_before_the_new_pair_is_stored_ends_the_rotation_with_the_old_one_in_use(
    overlap: Twin, operator: Operator
) -> None:
    before = in_the_vault(operator)

    def mint(person: Operator) -> Minted:
        pair = minting(overlap)(person)
        # From now on the vault takes no batch: what is staged goes one by one.
        person.estate.server.plan.add(
            Fault("infisical", FaultKind.ANSWER, "PATCH", "/api/v3/secrets/batch/raw", 500, times=None)
        )
        return pair  # type: ignore[no-any-return]  # a person of tests

    outcome = operator.rotate(mint, credential=NAME)

    assert outcome.state.name == "Stopped", outcome.message
    assert "is still in use, and nothing was stopped." in outcome.message
    assert len(outcome.descriptions) == 1, "nobody is asked to decide"
    assert in_the_vault(operator) == in_the_app(operator) == before
    assert before in overlap.keys.values()


@pytest.mark.long
def test_a_failure_after_that_ends_the_run_and_the_next_start_goes_on(overlap: Twin, operator: Operator) -> None:
    (old,) = overlap.keys

    def mint(person: Operator) -> Minted:
        fault = Fault("heroku", FaultKind.ANSWER, "PATCH", f"/apps/{APP}/config-vars", 500, times=None)
        person.estate.server.plan.add(fault)
        return minting(overlap)(person)  # type: ignore[no-any-return]  # a person of tests

    outcome = operator.rotate(mint, credential=NAME)

    assert outcome.state.name == "Stopped", outcome.message
    assert f"Start the rotation of {NAME} again: it goes on where it stood." in outcome.message
    assert len(outcome.descriptions) == 1, "nobody is asked to decide"
    assert set(overlap.keys) > {old}, "both live"
    assert in_the_app(operator) == overlap.keys[old]
    assert operator.actions()[-1] == Action.HELD.value

    operator.estate.server.plan.clear()
    again = operator.rotate(credential=NAME)

    assert again.state.is_completed(), again.message
    assert again.descriptions == [], "nobody mints a third one"
    assert old not in overlap.keys
    assert in_the_vault(operator) == in_the_app(operator) == next(iter(overlap.keys.values()))


@pytest.mark.long
def test_a_run_that_ends_between_the_vaults_write_and_its_proof_keeps_the_pair_that_the_vault_holds(
    overlap: Twin, operator: Operator
) -> None:
    """No row says that the pair is stored: only the vault knows, and nobody may be told to delete what it gives out."""
    (old,) = overlap.keys

    def mint(person: Operator) -> Minted:
        # Only the consumers' SDK reads by name, after the batch.
        person.estate.server.plan.add(
            Fault("infisical", FaultKind.ANSWER, "GET", "/api/v3/secrets/raw/.+", 500, times=None)
        )
        return minting(overlap)(person)  # type: ignore[no-any-return]  # a person of tests

    outcome = operator.rotate(mint, credential=NAME)

    assert outcome.state.name == "Stopped", outcome.message
    assert "store" not in steps(operator)
    new = in_the_vault(operator)
    assert new != overlap.keys[old]
    assert f"Start the rotation of {NAME} again: it goes on where it stood." in outcome.message
    assert "delete it at Overlap" not in outcome.message
    assert operator.actions()[-1] == Action.HELD.value

    operator.estate.server.plan.clear()
    again = operator.rotate(credential=NAME)

    assert again.state.is_completed(), again.message
    assert again.descriptions == [], "nobody mints a third one"
    assert list(overlap.keys.values()) == [new]
    assert in_the_vault(operator) == in_the_app(operator) == new
