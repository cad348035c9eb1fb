"""The shipped catalog's text, changed in one place, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.settings import ROOT

SHIPPED = (ROOT / "deployments" / "catalog.toml").read_text()

PAPER = SHIPPED.split("# The pair that moves real money")[0]

LIVE = "[credential.alpaca-live]" + SHIPPED.split("[credential.alpaca-live]")[1].split("# An environment with")[0]


def written(folder: Path, text: str) -> Path:
    """A catalog file with this text."""
    path = folder / "catalog.toml"
    path.write_text(text)
    return path


def changed(old: str, new: str, text: str = PAPER) -> str:
    """The entry (of alpaca-paper, unless another one is given) with one thing changed, once."""
    assert old in text
    return text.replace(old, new, 1)


def line_of(text: str, words: str, number: int = 1) -> int:
    """The line on which these words stand for the first, second, ... time."""
    return [line for line, one in enumerate(text.splitlines(), start=1) if words in one][number - 1]


def refusal(folder: Path, text: str) -> str:
    """What is said of a catalog with this text."""
    path = written(folder, text)
    with pytest.raises(CatalogError) as refused:
        load_catalog(path, as_it_is=True)
    assert str(path) in str(refused.value)
    return str(refused.value)
