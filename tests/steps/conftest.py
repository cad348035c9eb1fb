"""Steps that are tried again at once, and a credential that stands right behind the click."""

from __future__ import annotations

import pytest

from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once
from tests.steps.support import Clicked, clicked


@pytest.fixture(autouse=True)
def _no_waiting_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step keeps its number of tries and what it waits for by Retry-After; only its own pauses are left out."""
    try_again_at_once(monkeypatch)


@pytest.fixture
def behind(operator: Operator) -> Clicked:
    """A rotation as it is when the new pair was validated and nothing was stored yet."""
    return clicked(operator)


@pytest.fixture
def _few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what lasts: a step gives up after its second try."""
    give_up_after(monkeypatch, 1)
