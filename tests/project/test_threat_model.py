"""Every claim of docs/threat-model.md names tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from blocks.settings import ROOT

MODEL = (ROOT / "docs" / "threat-model.md").read_text()
PROVED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
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
    assert sum(len(PROVED.findall(cell)) for cell in claims().values()) == MODEL.count("`tests/")


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim[:60])
def test_every_claim_names_tests_that_exist(claim: str) -> None:
    named = PROVED.findall(claims()[claim])
    assert named, "it names no test"
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        defined = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
        assert name in defined, f"{file} has no {name}"
