"""Which page is written by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blocks.settings import ROOT
from tests.project.reference import blocks, catalog, commands, errors, ledger, settings

FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "blocks.md": blocks.text,
    "catalog.md": catalog.text,
    "commands.md": commands.text,
    "errors.md": errors.text,
    "ledger.md": ledger.text,
    "settings.md": settings.text,
}


def main() -> None:
    """Write all of them."""
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text())
