"""A catalog that asks for more than one approval says who proves what, and who hears of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from tests.blocks.catalog_text import PAPER, changed, line_of, refusal, written


def with_fields(fields: str, text: str = PAPER) -> str:
    return changed("cadence_days", f"{fields}\ncadence_days", text)


@pytest.mark.parametrize("approvals", ["2", '"delayed"'])
def test_a_name_that_is_only_claimed_approves_nothing(tmp_path: Path, approvals: str) -> None:
    for proof in ("", 'proof = "none"'):
        text = with_fields(f"approvals = {approvals}\n{proof}")
        told = refusal(tmp_path, text)
        assert "a name that is only claimed approves nothing" in told
        assert 'ask for proof = "passkey" or "code" as well' in told
        assert f"line {line_of(text, 'approvals')}" in told


@pytest.mark.parametrize("value", ["0", "3", "true", '"two"', '"2"', "1.5"])
def test_there_are_three_kinds_of_approval(tmp_path: Path, value: str) -> None:
    assert "approvals" in refusal(tmp_path, with_fields(f'proof = "code"\napprovals = {value}'))


def test_what_is_delayed_is_told_to_somebody(tmp_path: Path) -> None:
    fields = 'proof = "code"\napprovals = "delayed"'
    nobody = PAPER.split("[credential.alpaca-paper]", 1)[1]
    told = refusal(tmp_path, with_fields(fields, f"[credential.alpaca-paper]{nobody}"))
    assert "somebody else has to hear of it meanwhile: name them in [alerts]" in told

    one = load_catalog(written(tmp_path, with_fields(fields))).get("alpaca-paper")
    assert (one.approvals, one.cool_off_minutes, one.is_approved) == ("delayed", 15, True)


def test_without_a_word_one_approval_is_enough(tmp_path: Path) -> None:
    one = load_catalog(written(tmp_path, PAPER)).get("alpaca-paper")
    assert (one.approvals, one.is_approved) == (1, False)
