"""Kinds of other packages come in by their entry points: with real metadata, in a process that has them on its path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blocks.catalog_text import PAPER, changed, line_of
from tests.other_package import VAULT, Forking, forking, loaded

FILE_CONSUMER = """
from typing import Literal
from blocks.answer import Answer
from blocks.check import Seen
from blocks.consumers.interface import Consumer


class FileConsumer(Consumer):
    kind: Literal["{kind}"]
    path: str

    @property
    def label(self) -> str:
        return f"file {{self.path}}"

    def can_write(self) -> Answer:
        return Answer.YES

    def give(self, handover, record) -> None:
        record.prove("written")

    def holds(self, held, given, depth) -> Seen:
        return Seen("equal", "equal")
"""

ISSUER = """
from tests.issuers.overlap.issuer import Overlap


class Other(Overlap):
    _block_type_slug = "other"
    word = "{kind}"
"""


SEEDS = """
import os
from deployments.setup.register import blocks_of
from deployments.setup.seeds import read_seeds
print([(label, getattr(block, "url", block)) for label, _, block in blocks_of(read_seeds(None))])
os.environ["REKEY_DRAWER_URL"] = "https://drawer.example.com"
print("set:", [(label, getattr(block, "url", block)) for label, _, block in blocks_of(read_seeds(None))])
"""


@pytest.fixture(scope="module")
def by() -> Iterator[Forking]:
    """Whose forks load the packages, each one its own."""
    with forking() as process:
        yield process


def with_file(kind: str = "file") -> str:
    """The paper credential with a consumer of that kind in the place of GitHub."""
    return PAPER.replace('kind = "github"\nrepository = "raxx/raxx"', f'kind = "{kind}"\npath = "/srv/app/.env"', 1)


def test_a_kind_of_another_package_is_one_that_the_catalog_may_name_and_is_listed_with_the_others(
    tmp_path: Path, by: Forking
) -> None:
    said = loaded(
        tmp_path, FILE_CONSUMER.format(kind="file"), "others:FileConsumer", with_file(), with_file("ftp"), by=by
    )

    assert "'file /srv/app/.env'" in said
    # When a kind is unknown.
    assert (
        "'heroku', 'github', 'github-dependabot', 'github-organization', 'slack', 'env-file', 'rekey-block', "
        "'kubernetes', 'render', 'aws-secret', 'aws-parameter', 'file'" in said
    )


@pytest.mark.parametrize(
    ("package", "entry", "why"),
    [
        (FILE_CONSUMER.format(kind="heroku"), "others:FileConsumer", "There are two kinds of consumer called heroku."),
        # Of the other families as of this one.
        pytest.param(
            VAULT.format(kind="infisical", atomic=True),
            "others:Drawer",
            "There are two kinds of vault called infisical.",
            marks=pytest.mark.long,
        ),
        pytest.param(
            ISSUER.format(kind="alpaca"),
            "others:Other",
            "There are two kinds of issuer called alpaca.",
            marks=pytest.mark.long,
        ),
        ("Odd = 7\n", "others:Odd", "(others:Odd) is no kind of issuer, vault, consumer, brake or runtime."),
    ],
)
def test_what_takes_a_name_or_keeps_no_contract_is_refused_by_name(
    tmp_path: Path, by: Forking, package: str, entry: str, why: str
) -> None:
    assert why in loaded(tmp_path, package, entry, PAPER, by=by)


def with_drawer(kind: str = "drawer") -> str:
    """The paper credential in a catalog that names its vault."""
    return f'{PAPER}\n[vault]\nkind = "{kind}"\n'


def test_a_vault_of_another_package_keeps_the_pairs_of_a_catalog_that_names_it_and_one_that_nobody_knows_is_refused(
    tmp_path: Path, by: Forking
) -> None:
    unknown = with_drawer("chest")
    said = loaded(tmp_path, VAULT.format(kind="drawer", atomic=True), "others:Drawer", with_drawer(), unknown, by=by)

    assert "alpaca drawer [" in said
    assert f"vault.kind (line {line_of(unknown, 'chest')}): " in said
    assert "input should be 'infisical', 'hashicorp-vault', 'aws-secrets-manager', 'sealed-file' or 'drawer'" in said


def test_a_vault_that_writes_one_name_after_the_other_keeps_no_pair(tmp_path: Path, by: Forking) -> None:
    said = loaded(tmp_path, VAULT.format(kind="drawer", atomic=False), "others:Drawer", with_drawer(), by=by)

    assert "the vault drawer writes one name after the other, and alpaca-paper has 2" in said
    assert "Name another kind here, or in [vault]" in said


def test_an_issuer_of_another_package_may_be_named_by_a_credential(tmp_path: Path, by: Forking) -> None:
    """What it mints is one value, so each place has one name for it."""
    catalog = changed('vendor = "alpaca"\nenvironment = "paper"', 'vendor = "other"\nenvironment = "test"')
    catalog = re.sub(r'key_id = "\w+"\nsecret = "\w+"', 'names = { token = "THE_TOKEN" }', catalog)

    assert "other infisical [" in loaded(tmp_path, ISSUER.format(kind="other"), "others:Other", catalog, by=by)


def test_a_kind_of_another_package_is_seeded_by_variables_of_its_own_and_what_it_needs_is_named(
    tmp_path: Path, by: Forking
) -> None:
    said = loaded(tmp_path, VAULT.format(kind="drawer", atomic=True), "others:Drawer", PAPER, program=SEEDS, by=by)

    before, after = said.split("set:")
    for one in (before, after):
        assert "('Infisical/rekey', 'REKEY_INFISICAL_PROJECT_ID, " in one
    assert "('Drawer/rekey', 'REKEY_DRAWER_URL')" in before
    assert "('Drawer/rekey', 'https://drawer.example.com')" in after
