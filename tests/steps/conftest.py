"""Steps that are tried again at once, deployments that nobody works on, a credential right behind the click."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flows.rotate import rotate
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once
from tests.steps.support import Clicked, clicked
from tests.steps.watching import LIVE, PAPER, started


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


@pytest.fixture
def deployments(operator: Operator) -> Iterator[None]:
    """Rotations can be started by their deployments; nobody works on them, so what is started stays as it is."""
    flow = operator.made("/flows/", {"name": rotate.name})
    made = [
        operator.made("/deployments/", {"name": one, "flow_id": flow["id"], "parameters": {"credential": one}})
        for one in (PAPER, LIVE)
    ]
    yield
    for one in made:
        for run in started(one["name"]):
            operator.delete(f"/flow_runs/{run.id}")
        operator.delete(f"/deployments/{one['id']}")
