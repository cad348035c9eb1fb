"""What CONTRIBUTING, SECURITY and CHANGELOG name is there."""

from __future__ import annotations

import re

import pytest

from blocks.settings import ROOT
from tests.project.test_automation import MAKEFILE

PAPERS = {name: (ROOT / name).read_text() for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")}
FOLDERS = ("flows", "tasks", "blocks", "deployments", "tests", "docs", ".github")
HEADINGS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_that_is_named_is_there(paper: str) -> None:
    linked = [one.partition("#")[0] for one in re.findall(r"\]\(([^)]+)\)", PAPERS[paper]) if "://" not in one]
    quoted = [one for one in re.findall(r"`([\w./-]+)`", PAPERS[paper]) if one.split("/")[0] in FOLDERS]
    assert [one for one in (*linked, *quoted) if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_every_make_target_that_is_named_is_there(paper: str) -> None:
    targets = set(re.findall(r"`make (?:PYTHON=\S+ )?([a-z]+|\.venv/dev)", PAPERS[paper]))
    assert [one for one in targets if not re.search(rf"^{re.escape(one)}:", MAKEFILE, re.MULTILINE)] == []


def test_every_target_is_told_to_contributors() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)) - {"help", "clean"}
    assert {one for one in targets if f"`make {one}" not in PAPERS["CONTRIBUTING.md"]} == set()


def test_the_changelog_has_the_form_that_it_names() -> None:
    text = PAPERS["CHANGELOG.md"]
    # A release gets a heading of its own when there is one.
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["[Unreleased]"]
    found = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert found == [one for one in HEADINGS if one in found]
