"""Every claim of docs/threat-model.md names a test that exists."""

from __future__ import annotations

import ast
import re

import pytest

from blocks.settings import ROOT

MODEL = (ROOT / "docs" / "threat-model.md").read_text()
PROVED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def claims() -> list[str]:
    """The rows of the tables that name a test, without their heads."""
    tables = re.findall(r"^\|[^\n]*\| shown by \|\n\|[-|]+\|\n((?:\|.*\n?)+)", MODEL, re.MULTILINE)
    return [row for table in tables for row in table.strip().splitlines()]


def test_there_are_claims_of_both_kinds() -> None:
    assert len(claims()) == MODEL.count("`tests/")
    assert {"## What is protected", "## What is not protected, and from whom"} <= set(MODEL.splitlines())


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.split("|")[1].strip()[:60])
def test_every_claim_names_a_test_that_exists(claim: str) -> None:
    found = PROVED.search(claim)
    assert found, "it names no test"
    file, name = found.groups()
    defined = {one.name for one in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(one, ast.FunctionDef)}
    assert name in defined, f"{file} has no {name}"
