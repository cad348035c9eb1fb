"""While the ledger does not say who is enrolled, whether a proof is asked for is unknown: no answer counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from blocks.errors import LedgerError
from blocks.model.step import Step
from tasks.person import prove
from tasks.person.forms import Signed
from tests.operators.conftest import Team
from tests.steps.live import live_rotation

ANSWER = prove.Answered(Step.HOLD, "no-run", "paused-r-test-hold-a1b2c3", "a" * 64, {"choice": "retry this step"})


@pytest.fixture
def unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a ledger that cannot be opened, which the settings name; and a process that saw nothing yet."""
    monkeypatch.setattr(prove, "_seen", {})
    (tmp_path / "a file").touch()
    url = f"sqlite:///{tmp_path / 'a file' / 'ledger.db'}"
    monkeypatch.setenv("REKEY_LEDGER_URL", url)
    return url


@pytest.mark.usefixtures("unreadable")
def test_no_answer_counts_while_it_is_unknown_whether_operators_are_enrolled() -> None:
    with pytest.raises(LedgerError):
        prove.demand(live_rotation(), ANSWER)


@pytest.mark.usefixtures("unreadable")
def test_a_form_comes_all_the_same_and_takes_a_proof() -> None:
    """By which rekey's own next try counts, too: its form may take no other field."""
    assert prove.asked_for(live_rotation().credential) == prove.UNKNOWN

    form: Any = prove.with_proof(Signed, prove.UNKNOWN)

    assert form.model_config["extra"] == "forbid"
    assert form(operator="somebody").model_dump()["proof"] == ""
    assert form(operator="rekey", proof=f"{prove.ITSELF}x").model_dump()["proof"] == f"{prove.ITSELF}x"


@pytest.mark.usefixtures("unreadable")
@pytest.mark.parametrize("proof", ["none", "code", "passkey"])
def test_what_the_catalog_says_needs_no_ledger(proof: str) -> None:
    assert prove.wanted(live_rotation().credential.model_copy(update={"proof": proof})) == proof


@pytest.mark.usefixtures("sam")
def test_what_this_process_saw_last_counts_while_the_ledger_is_away(
    unreadable: str, team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = live_rotation().credential
    monkeypatch.setenv("REKEY_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    assert (team.known.is_empty, prove.wanted(credential)) == (False, "passkey")

    monkeypatch.setenv("REKEY_LEDGER_URL", unreadable)

    assert prove.wanted(credential) == prove.asked_for(credential) == "passkey"
