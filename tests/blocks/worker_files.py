"""A worker's file as a test writes it, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.errors import CatalogError
from blocks.settings import ROOT, read_settings

TRUTH = {"root": str(ROOT), "catalog": "/etc/rekey/catalog.toml", "ledger_url": "sqlite:////var/rekey/ledger.db"}


def given(monkeypatch: pytest.MonkeyPatch, file: Path, text: str) -> None:
    """A worker that was started with this file."""
    file.write_text(text)
    file.chmod(0o600)
    monkeypatch.setenv("REKEY_CONFIG", str(file))


def toml(**other: str) -> str:
    """Such a file, with other lines."""
    return "".join(f'{name} = "{value}"\n' for name, value in {**TRUTH, **other}.items() if value)


def refused() -> str:
    """Why the settings are not read."""
    with pytest.raises(CatalogError) as error:
        read_settings()
    return str(error.value)
