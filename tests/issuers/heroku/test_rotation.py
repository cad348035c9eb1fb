"""Heroku's API alone replaces rekey's own token, and rekey goes on with the new one before the old one ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.prefect_api import own_blocks
from blocks.settings import read_settings
from deployments.sandbox.estate import HEROKU, ISSUERS_PATH, ONLY_HERE, VAULT_ENVIRONMENT
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once

NAME = "heroku-rekey"


@pytest.fixture(autouse=True)
def _with_issuers(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_again_at_once(monkeypatch)
    give_up_after(monkeypatch, 1)
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))


def in_the_vault(operator: Operator) -> str:
    """What the vault holds."""
    return operator.estate.infisical.values(operator.estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)[HEROKU]


def living(operator: Operator) -> list[str]:
    """The tokens that Heroku accepts."""
    return [one.token for one in operator.estate.heroku.access.authorizations.values()]


def test_no_person_is_asked_and_the_old_token_ends_when_rekey_itself_uses_the_new_one(operator: Operator) -> None:
    old = in_the_vault(operator)

    outcome = operator.rotate(credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    new = in_the_vault(operator)
    assert living(operator) == [new]
    assert old != new == own_blocks.read("heroku", "rekey").values["token"]
    (proof,) = operator.steps("propagate")[-1].context["proofs"]
    assert "read back and used: Heroku accepts it, as operator@example.com." in proof
    assert any("is dead: refused 6 times in a row" in one for one in operator.steps("retire")[-1].context["proofs"])
