"""Every claim of docs/threat-model.md names tests that exist."""

from __future__ import annotations

import re

import pytest

from tests.project.named_tests import NAMED, missing
from tests.project.rooms import ROOT

MODEL = (ROOT / "docs" / "threat-model.md").read_text()
SECTIONS = ["People and programs", "What is protected", "What is not protected, and from whom"]


def tables() -> list[list[list[str]]]:
    """The cells of every row of every table, its head first."""
    found = re.findall(r"^(\|.*\n)\|[-|]+\|\n((?:\|.*\n?)+)", MODEL, re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in (head + body).splitlines()]
        for head, body in found
    ]


def claims() -> dict[str, str]:
    """What each row says, and the cell with its tests."""
    return {row[0]: row[-1] for _, *rows in tables() for row in rows}


def test_every_table_says_what_shows_its_claims() -> None:
    assert re.findall(r"^## (.+)$", MODEL, re.MULTILINE) == SECTIONS
    assert [head[-1] for head, *_ in tables()] == ["shown by"] * len(SECTIONS)
    assert len(claims()) == sum(len(rows) for _, *rows in tables())
    assert sum(len(NAMED.findall(cell)) for cell in claims().values()) == MODEL.count("`tests/")


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim[:60])
def test_every_claim_names_tests_that_exist(claim: str) -> None:
    assert NAMED.findall(claims()[claim]), "it names no test"
    assert missing(claims()[claim]) == []
