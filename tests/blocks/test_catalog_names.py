"""A place says where each value is kept, by the issuer's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from tests.blocks.catalog_text import PAPER, changed, line_of, refusal, written


def test_one_name_for_both_halves_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed('secret = "ALPACA_PAPER_API_SECRET_KEY"', 'secret = "ALPACA_PAPER_API_KEY_ID"'))

    assert "credential.alpaca-paper.vault (line 14): key_id and secret need different names" in told


def test_the_name_of_an_entry_is_its_key(tmp_path: Path) -> None:
    text = changed("[credential.alpaca-paper]\n", '[credential.alpaca-paper]\nname = "alpaca-live"\n')

    assert load_catalog(written(tmp_path, text)).get("alpaca-paper").name == "alpaca-paper"


FLAT = 'key_id = "ALPACA_PAPER_API_KEY_ID"\nsecret = "ALPACA_PAPER_API_SECRET_KEY"\n'

NAMES = 'names = { secret = "ALPACA_PAPER_API_SECRET_KEY", key_id = "ALPACA_PAPER_API_KEY_ID" }\n'


def test_a_place_names_each_value_by_the_issuers_word_or_flat_as_before(tmp_path: Path) -> None:
    """In whatever order: the issuer's counts, in which the secret is the last one."""
    before = load_catalog(written(tmp_path, PAPER)).get("alpaca-paper")

    now = load_catalog(written(tmp_path, PAPER.replace(FLAT, NAMES))).get("alpaca-paper")

    assert PAPER.count(FLAT) == 1 + len(before.consumers)
    assert now == before
    assert list(now.vault.names.items()) == [
        ("key_id", "ALPACA_PAPER_API_KEY_ID"), ("secret", "ALPACA_PAPER_API_SECRET_KEY"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ('names = { key_id = "A" }\n', "secret is missing: name key_id and secret here"),
        (
            'names = { key_id = "A", secret = "B", colour = "C" }\n',
            "colour is not minted: name key_id and secret here",
        ),
        (
            'names = { token = "A" }\n',
            "key_id and secret are missing, token is not minted: name key_id and secret here",
        ),
    ],
)
def test_names_that_are_not_the_issuers_are_refused_where_they_stand(tmp_path: Path, names: str, said: str) -> None:
    told = refusal(tmp_path, changed(FLAT, names))

    assert f"credential.alpaca-paper.vault (line {line_of(PAPER, '.vault]')}): {said}" in told


@pytest.mark.parametrize("beside", [FLAT, 'secret = "ALPACA_PAPER_API_SECRET_KEY"\n'])
def test_names_in_both_ways_are_refused(tmp_path: Path, beside: str) -> None:
    told = refusal(tmp_path, changed(FLAT, f"{NAMES}{beside}"))

    assert "names, or key_id and secret beside the other fields, and never both" in told


def test_a_name_that_no_variable_can_have_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed(FLAT, NAMES.replace("ALPACA_PAPER_API_KEY_ID", "key id")))

    assert "credential.alpaca-paper.vault.names.key_id" in told
