"""Steps that are tried again at once, and a credential that stands right behind the click."""

from __future__ import annotations

from typing import Any

import pytest
from prefect import Task

from tasks.preflight import preflight
from tasks.propagate import propagate, update_consumer
from tasks.resume import resume
from tasks.snapshot import snapshot
from tasks.store import store
from tasks.validate import validate
from tasks.verify import verify
from tests.operator import Operator
from tests.steps.support import Clicked, clicked

STEPS: tuple[Task[Any, Any], ...] = (
    preflight,
    snapshot,
    validate,
    store,
    propagate,
    update_consumer,
    verify,
    resume,
)


@pytest.fixture(autouse=True)
def _no_waiting_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step keeps its number of tries and what it waits for by Retry-After; only its own pauses are left out."""
    for step in STEPS:
        monkeypatch.setattr(step, "retry_delay_seconds", 0.05)


@pytest.fixture
def behind(operator: Operator) -> Clicked:
    """A rotation as it is when the new pair was validated and nothing was stored yet."""
    return clicked(operator)


@pytest.fixture
def _few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what lasts: a step gives up after its second try."""
    for step in STEPS:
        monkeypatch.setattr(step, "retries", 1)
