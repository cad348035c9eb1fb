"""Rotations that lose their patience soon."""

from __future__ import annotations

import pytest

from blocks.ledger.ledger import Ledger
from tests.faults.scene import Scene
from tests.faults.workplace import hurry


@pytest.fixture(autouse=True)
def _hurried(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)


@pytest.fixture
def scene(ledger: Ledger) -> Scene:
    """A ledger that is written by hand."""
    return Scene(ledger)
