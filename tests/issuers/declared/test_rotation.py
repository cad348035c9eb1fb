"""One whole rotation of a vendor for which nobody wrote code, in a vault of its own beside that of all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.secret import Minted
from blocks.settings import read_settings
from deployments.sandbox.estate import DESK, OANDA, ONLY_HERE
from tests.issuers.support import token
from tests.operator import Operator
from tests.rotation_steps import try_again_at_once

NAME = "oanda-practice"


def test_a_declared_vendor_is_rotated_and_its_old_key_proved_dead(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_again_at_once(monkeypatch)
    estate = operator.estate
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    (old,) = estate.issuers.oanda.keys.living.values()

    def mint(person: Operator) -> Minted:
        assert person.form is not None
        assert "**Making the new key kills the old one**" in person.form.description
        assert "Press **Make a key**" in person.form.description
        return token(estate.issuers.oanda.keys.replace())

    outcome = operator.rotate(mint, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    (new,) = estate.issuers.oanda.keys.living.values()
    assert new != old
    # In its own vault, and that of all others was only read, for the pairs of others.
    assert estate.sealed_values() == {OANDA: new}
    written = {one.path for one in estate.server.journal.of("infisical") if one.method != "GET"}
    assert written == {"/api/v1/auth/universal-auth/login"}
    assert dict(estate.heroku.serving(DESK) or {})[OANDA] == new
    (proof,) = (one for one in operator.steps("retire")[-1].context["proofs"] if "is dead" in one)
    assert "while the new one is accepted and a made-up one is refused" in proof
    assert (
        operator.steps("preflight")[-1].context["proofs"].count("OANDA's practice host refuses a made-up token.") == 1
    )
