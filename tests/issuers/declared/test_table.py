"""The table of a declared vendor: what is refused with its line, and which proofs the vendor therefore lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import Catalog, load_catalog
from blocks.errors import CatalogError
from blocks.issuer_kinds import called, kind_of
from blocks.issuers.terms import By, OldDies
from blocks.settings import ROOT
from deployments.sandbox.estate import ONLY_HERE

SHIPPED = (ROOT / "deployments" / "catalog.toml").read_text()
HOSTS = '\n[hosts.issuers]\noanda = "https://api-fxpractice.oanda.com"\n'
TEXT = SHIPPED + ONLY_HERE.read_text()
NAME = "oanda-practice"
BY_HAND = TEXT.replace(
    'slots = 1\nold_dies = "at mint"', 'slots = 2\nold_dies = "a person deletes it"\nends = ["Delete"]'
)


def loaded(folder: Path, text: str) -> Catalog:
    """The catalog of this text."""
    file = folder / "catalog.toml"
    file.write_text(text)
    return load_catalog(file)


def test_a_table_makes_an_issuer_of_a_vendor_for_which_nobody_wrote_code(tmp_path: Path) -> None:
    credential = loaded(tmp_path, TEXT + HOSTS).get(NAME)
    kind = kind_of(credential)

    assert (called(credential), kind.called, kind.fields, kind.realms) == ("OANDA", "OANDA", ("token",), ("practice",))
    assert kind.traits.old_dies is OldDies.AT_MINT
    assert kind is kind_of(credential), "the same table is the same class"


def test_two_tables_are_two_issuers(tmp_path: Path) -> None:
    by_hand = kind_of(loaded(tmp_path, BY_HAND + HOSTS).get(NAME))

    assert (by_hand.traits.old_dies, by_hand.traits.revoked_by, by_hand.traits.slots) == ("at revoke", By.PERSON, 2)
    assert by_hand is not kind_of(loaded(tmp_path, TEXT + HOSTS).get(NAME))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{hex:32}-{hex:32}", "{roman:9}", "{roman:9} is no look of a key"),
        ("Bearer {token}", "Bearer", "headers (line"),
        ("Bearer {token}", "{token} {account}", "they must hold {token}, each once, and no other"),
        ('old_dies = "at mint"', 'old_dies = "a person deletes it"', "say in ends what a person clicks"),
        ('old_dies = "at mint"', 'old_dies = "a person deletes it"\nends = ["x"]', "with one slot the old key goes"),
        ('old_dies = "at mint"', 'old_dies = "at mint"\nends = ["x"]', "nobody deletes it there: take ends out"),
        ('subject = "accounts.0.id"', 'subject = "accounts..id"', "subject (line"),
        ('identity = "/v3/accounts"', 'identity = "v3/accounts"', "identity (line"),
        ("slots = 1", "slots = 1\nrefused = [500]", "refused"),
        ("slots = 1", "slots = 1\nrefused = []", "refused"),
        ("slots = 1", "slots = 1\nrefusal = { error = [] }", "refusal"),
        ("slots = 1", "slots = 1\nrefusal = { error = [1.5] }", "refusal"),
        ("slots = 1", 'slots = 1\nrefusal = { "a..b" = ["x"] }', "refusal"),
        (
            "slots = 1",
            'slots = 1\nstatus = "s"\nrefusal = { s = ["active"] }',
            "active is what the status of an account that is well says, too",
        ),
        ('names = { token = "OANDA_PRACTICE_TOKEN" }', 'names = { key = "OANDA_PRACTICE_TOKEN" }', "token is missing"),
        ('host = "oanda"', 'host = "oanda-of-old"', "[hosts.issuers] names no oanda-of-old: write there where it is"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_in_its_own_words(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(CatalogError) as caught:
        loaded(tmp_path, TEXT.replace(old, new) + HOSTS)

    assert f"credential.{NAME}" in str(caught.value)
    assert told in str(caught.value)


def test_the_catalog_says_which_proofs_a_vendor_without_code_lacks(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, TEXT + HOSTS)

    assert [one[:30] for one in catalog.get(NAME).own.lacks] == [
        "that the new key may do what t",
        "how the account is: the table ",
        "that making the new key ended ",
    ]
    assert any(
        "that one of its 2 slots is free" in one for one in loaded(tmp_path, BY_HAND + HOSTS).get(NAME).own.lacks
    )
    with_status = loaded(tmp_path, TEXT.replace("slots = 1", 'slots = 1\nstatus = "accounts.0.status"') + HOSTS)
    assert not any("status" in one for one in with_status.get(NAME).own.lacks)
    assert catalog.get("alpaca-paper").own.lacks == ()
