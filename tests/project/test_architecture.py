"""docs/architecture.md and docs/decisions/ name what there is: rooms, files, and tests that show it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.named_tests import NAMED, missing
from tests.project.rooms import PACKAGES, ROOT

ARCHITECTURE = ROOT / "docs" / "architecture.md"
INDEX = ROOT / "docs" / "decisions" / "README.md"
DECISIONS = sorted(path for path in INDEX.parent.glob("*.md") if path != INDEX)
PAGES = [ARCHITECTURE, INDEX, *DECISIONS]
SECTIONS = ["Context", "Decision", "What it costs", "What would make us change it", "Shown by"]


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)#]+)\)", page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_what_is_there(page: Path) -> None:
    assert links(page)
    assert [one for one in links(page) if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_is_named_exists_and_is_linked(page: Path) -> None:
    text = page.read_text()

    assert missing(text) == []
    for file, name in NAMED.findall(text):
        (target,) = set(re.findall(rf"\[`{file}::{name}`\]\(([^)]+)\)", text))
        assert (page.parent / target).resolve() == ROOT / file


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_why_what_it_costs_and_what_shows_it(page: Path) -> None:
    text = page.read_text()

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert NAMED.findall(text.split("## Shown by\n")[1])


def test_the_index_lists_every_decision() -> None:
    assert sorted(one for one in links(INDEX)) == [page.name for page in DECISIONS]


def test_the_architecture_names_every_room_that_is_a_folder() -> None:
    folders = {
        f"{path.parent.name}/{path.name}/"
        for package in PACKAGES
        for path in (ROOT / package).iterdir()
        if (path / "__init__.py").is_file()
    }

    assert sorted(one for one in folders if f"`{one}`" not in ARCHITECTURE.read_text()) == []


def test_the_architecture_shows_the_picture() -> None:
    assert "](architecture.svg)" in ARCHITECTURE.read_text()
