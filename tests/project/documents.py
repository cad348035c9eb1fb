"""The documents of this repository, and the tables in them."""

from __future__ import annotations

import re

from tests.project.rooms import ROOT

ROTATION = ROOT / "docs" / "explanation" / "rotation.md"
DEPENDENCIES = ROOT / "docs" / "explanation" / "dependencies.md"
HEALTH = ROOT / "docs" / "how-to" / "health.md"
PRODUCTION = ROOT / "docs" / "how-to" / "production.md"
REHEARSE = ROOT / "docs" / "how-to" / "rehearse.md"
COMMANDS = ROOT / "docs" / "reference" / "commands.md"
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
# What a user or an operator reads.
DOCUMENTS = [README, *sorted(ROOT.glob("docs/**/*.md"))]


def table(text: str, before: str) -> list[list[str]]:
    """The rows of the first table behind these words, without its head."""
    rows: list[list[str]] = []
    for line in text.split(before, 1)[1].splitlines():
        if line.lstrip().startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    return rows[2:]


def anchors(text: str) -> set[str]:
    """The headings of a document, as a link within it writes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {f"#{re.sub(r'[^a-z0-9 _-]', '', one.lower()).replace(' ', '-')}" for one in headings}
