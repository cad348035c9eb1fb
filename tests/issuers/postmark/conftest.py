"""Postmark's credential in the sandbox's estate."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.settings import read_settings
from deployments.sandbox.estate import ONLY_HERE
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once


@pytest.fixture
def postmark(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """An operator whose catalog has the sandbox's own credentials."""
    try_again_at_once(monkeypatch)
    give_up_after(monkeypatch, 1)
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "1")
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    return operator
