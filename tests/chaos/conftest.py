"""Rotations that lose their patience soon, here and in the processes that are killed."""

from __future__ import annotations

import pytest

from blocks.ledger.ledger import Ledger
from tests.faults.workplace import hurry


@pytest.fixture(autouse=True)
def _hurried(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)
