"""Which page is written by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blocks.settings import ROOT
from tests.project.reference import catalog, settings

FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings.text,
    "catalog.md": catalog.text,
}


def main() -> None:
    """Write all of them."""
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text())
