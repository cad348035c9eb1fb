"""One catalog with several vaults: each place may name its own, and the rules hold for each vault by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from tests.blocks.catalog_text import LIVE, PAPER, changed, line_of, refusal, written

# A second entry that keeps another account's pair under the same names in the same folder.
TWIN = """
[credential.alpaca-other]
vendor = "alpaca"
environment = "paper"
role = "ops"
cadence_days = 180

[credential.alpaca-other.alpaca]
check_order = { kind = "none" }

[credential.alpaca-other.vault]
environment = "prod"
path = "/MooseQuest/alpaca"
key_id = "ALPACA_PAPER_API_KEY_ID"
secret = "ALPACA_PAPER_API_SECRET_KEY"

[[credential.alpaca-other.consumers]]
kind = "slack"
channel = "D0AJ7K184TV"
key_id = "ALPACA_PAPER_API_KEY_ID"
secret = "ALPACA_PAPER_API_SECRET_KEY"
"""
HEADER = "[credential.alpaca-paper.vault]"


def with_kind(kind: str, text: str = PAPER) -> str:
    """The entry with a vault of its own."""
    return changed(HEADER, f'{HEADER}\nkind = "{kind}"', text)


def vaults(folder: Path, text: str) -> dict[str, str]:
    """Which vault keeps each credential."""
    catalog = load_catalog(written(folder, text))
    return {one.name: catalog.vault_of(one) for one in catalog.credential.values()}


def test_a_credential_is_kept_in_its_own_vault_or_in_that_of_all(tmp_path: Path) -> None:
    assert vaults(tmp_path, PAPER) == {"alpaca-paper": "infisical"}
    assert vaults(tmp_path, with_kind("sealed-file")) == {"alpaca-paper": "sealed-file"}
    both = f'{with_kind("hashicorp-vault/payments")}\n{TWIN}\n[vault]\nkind = "sealed-file/of-raxx"\n'
    assert vaults(tmp_path, both) == {"alpaca-paper": "hashicorp-vault/payments", "alpaca-other": "sealed-file/of-raxx"}


def test_the_block_called_rekey_is_the_one_without_a_name(tmp_path: Path) -> None:
    assert vaults(tmp_path, with_kind("sealed-file/rekey")) == {"alpaca-paper": "sealed-file"}


@pytest.mark.parametrize("kind", ["chest", "chest/of-raxx"])
def test_a_vault_that_nobody_knows_is_refused_where_it_is_written(tmp_path: Path, kind: str) -> None:
    text = with_kind(kind)

    told = refusal(tmp_path, text)

    assert f"credential.alpaca-paper.vault.kind (line {line_of(text, kind)}): input should be 'infisical', " in told


def test_the_operators_secrets_may_be_in_a_vault_of_their_own(tmp_path: Path) -> None:
    own = f'{PAPER}\n[operators]\nkind = "sealed-file"\nenvironment = "prod"\npath = "/operators"\n'
    operators = load_catalog(written(tmp_path, own)).operators

    assert operators is not None
    assert operators.kind == "sealed-file"
    assert "operators.kind (line " in refusal(tmp_path, own.replace("sealed-file", "chest"))


def test_one_name_in_one_folder_belongs_to_one_credential_of_each_vault(tmp_path: Path) -> None:
    assert "alpaca-paper and alpaca-other are both stored as" in refusal(tmp_path, f"{PAPER}\n{TWIN}")
    assert set(vaults(tmp_path, f"{with_kind('sealed-file')}\n{TWIN}")) == {"alpaca-paper", "alpaca-other"}
    same = f'{with_kind("infisical")}\n{TWIN}\n[vault]\nkind = "infisical"\n'
    assert "alpaca-paper and alpaca-other are both stored as" in refusal(tmp_path, same)


def test_a_live_pair_is_kept_in_no_vault_that_is_named_like_a_test(tmp_path: Path) -> None:
    text = changed("[credential.alpaca-live.vault]", '[credential.alpaca-live.vault]\nkind = "infisical/staging"', LIVE)

    assert f"credential.alpaca-live.vault.kind (line {line_of(text, 'infisical/staging')})" in refusal(tmp_path, text)
