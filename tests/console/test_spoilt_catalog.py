"""What the console knows while somebody spoils the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.settings import read_settings
from deployments.console.known import Reader
from tests.console.conftest import Served


def test_while_the_catalog_cannot_be_read_it_says_so_and_knows_what_is_open(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = tmp_path / "catalog.toml"
    well = read_settings().catalog.read_text()
    catalog.write_text(well)
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    reader = Reader(read_settings())
    reader.look()
    catalog.write_text(f"<<<<<<< HEAD\n{well}")
    served.start("alpaca-live")

    reader.look()

    assert reader.known.problem.startswith(f"The catalog {catalog} is not valid TOML")
    assert list(reader.known.open) == ["alpaca-live"]
    catalog.write_text(well)
    reader.look()
    assert reader.known.problem == ""
