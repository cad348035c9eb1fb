"""The vault's API alone replaces the vault's own key, and rekey uses the new one there before the old one ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.check import Depth
from blocks.prefect_api import own_blocks
from blocks.settings import read_settings
from deployments.sandbox.estate import ISSUERS_PATH, ONLY_HERE, VAULT_ENVIRONMENT, VAULTS_OWN
from tests.health.support import looked, told, wrong
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once

NAME = "infisical-rekey"


@pytest.fixture(autouse=True)
def _with_issuers(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_again_at_once(monkeypatch)
    give_up_after(monkeypatch, 1)
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))


def in_the_vault(operator: Operator) -> tuple[str, str]:
    """What the vault holds: client ID and secret."""
    held = operator.estate.infisical.values(operator.estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)
    return held[VAULTS_OWN[0]], held[VAULTS_OWN[1]]


def test_the_old_secret_is_revoked_last_when_rekey_itself_logs_in_with_the_new_one(operator: Operator) -> None:
    """A current server locks an identity after three wrong logins; a rotation is not to come near that."""
    operator.estate.infisical.become("current")
    client, old = in_the_vault(operator)

    outcome = operator.rotate(credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    same_client, new = in_the_vault(operator)
    assert same_client == client
    assert operator.estate.infisical.living_secrets(client) == [new]
    assert old != new == own_blocks.read("infisical", "rekey").values["client_secret"]
    (proof,) = operator.steps("propagate")[-1].context["proofs"]
    assert "read back and used: the vault lets it log in, read /MooseQuest/issuers, and write and delete" in proof
    found = looked(NAME, Depth.FULL)
    assert [one for one in wrong(found) if one.startswith(NAME)] == []
    assert "which of them is the current one is known" in told(found, "making a new pair")
    assert any("is dead: refused 4 times in a row" in one for one in operator.steps("retire")[-1].context["proofs"])
