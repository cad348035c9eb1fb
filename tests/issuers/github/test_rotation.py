"""One whole rotation: a person makes a token, also one that will not do, and rekey revokes the old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.ledger import dying
from blocks.secret import Minted
from blocks.settings import read_settings
from deployments.sandbox.estate import DESK, GITHUB, ISSUERS_PATH, ONLY_HERE, VAULT_ENVIRONMENT
from deployments.sandbox.issuers.github import YEAR_S
from tasks.watch import prove_old_dead
from tests.issuers.support import token
from tests.operator import Operator
from tests.rotation_steps import try_again_at_once
from tests.steps.watching import watched

FOLDER = f"{ISSUERS_PATH}/rekey"
NAME = "github-deploy"


def test_a_token_that_ends_too_early_comes_back_and_the_old_one_is_revoked_when_everything_runs_with_the_new_one(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_again_at_once(monkeypatch)
    estate, tokens = operator.estate, operator.estate.issuers.github
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    (old,) = tokens.keys.living.values()

    def too_short(_: Operator) -> Minted:
        tokens.lives_s = YEAR_S / 12
        return token(tokens.mint())

    def long_enough(person: Operator) -> Minted:
        assert person.form is not None
        assert "before its next rotation: it is due every 180 days" in person.form.description
        assert estate.github.knows(old)
        tokens.lives_s = YEAR_S
        return token(tokens.mint())

    outcome = operator.rotate(too_short, long_enough, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    new = list(tokens.keys.living.values())[-1]
    assert (estate.github.knows(old), estate.github.knows(new)) == (False, True)
    assert estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)[GITHUB] == new
    assert dict(estate.heroku.serving(DESK) or {})[GITHUB] == new
    (proof,) = operator.steps("retire")[-1].context["proofs"]
    assert "It was refused 6 times in a row, but GitHub may accept one that was ended for 1 min 0 s still" in proof
    watched()
    (kept,) = dying.all_of(operator.ledger, NAME)
    monkeypatch.setattr(prove_old_dead, "moment", lambda: kept.due)
    watched()
    assert dying.all_of(operator.ledger, NAME) == []
    assert not any("__" in one for one in estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, FOLDER))
