"""A cluster whose deployment is stopped and let go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.consumers.kubernetes.scene import Scene, made


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("REKEY_RELEASE_TIMEOUT_S", "2")
    monkeypatch.setenv("REKEY_PROBE_INTERVAL_S", "0.05")
    with made() as scene:
        yield scene
