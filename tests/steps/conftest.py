"""Steps that are tried again at once, deployments that nobody works on, and where several files begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from deployments.rehearsal.authenticator import Authenticator
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.estate import Estate
from flows.rotate import rotate
from tasks.run import sealing
from tests.faults.workplace import hurry
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once
from tests.steps.deployed_run import Start, be_a_worker, starting
from tests.steps.desk import Desk
from tests.steps.leaving import Rotating, leaving
from tests.steps.proving import ask_for
from tests.steps.sealed_hands import ROLES
from tests.steps.support import Clicked, clicked, use_catalog
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


@pytest.fixture
def passkey(operator: Operator) -> Authenticator:
    """A paper credential that asks for a passkey, and somebody who has one."""
    ask_for(operator, "passkey")
    return operator.enrol()


@pytest.fixture
def desk(estate: Estate) -> Iterator[Desk]:
    """Clients of this estate, which need no blocks."""
    values = estate.vault_values()
    with AlpacaClient(estate.url("alpaca-paper"), "paper") as alpaca:
        yield Desk(estate, Pair(values[PAPER_NAMES[0]], SecretStr(values[PAPER_NAMES[1]])), alpaca)


@pytest.fixture
def _nothing_is_remembered() -> None:
    """As in a new process: a rotation of an earlier test that stayed held is remembered in this one."""
    sealing._in_memory.clear()


@pytest.fixture
def demanded(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """A catalog that demands sealed entry of both credentials."""
    use_catalog(tmp_path, monkeypatch, *((role, f'entry = "sealed"\n{role}') for role in ROLES.values()))
    return operator


@pytest.fixture
def stored(operator: Operator, behind: Clicked) -> Clicked:
    """The vault has the new pair; no consumer has."""
    behind.store_by_hand(operator.estate)
    return behind


@pytest.fixture
def _hurried(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)


@pytest.fixture
def given(behind: Clicked, operator: Operator) -> Clicked:
    """A rotation of which only verify and retire are missing."""
    behind.give_by_hand(operator.estate)
    return behind


@pytest.fixture
def _short(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    """Wait no longer than is needed to see that waiting does not help."""
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "0.3")


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch, operator: Operator) -> None:  # noqa: ARG001  its settings come first
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")


@pytest.fixture
def start_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operator: Operator) -> Iterator[Start]:
    """Starts runs of a deployment that is made for the test, where this process is the worker's."""
    assert operator.ledger.rows() == [], "nothing was recorded yet"
    be_a_worker(tmp_path, monkeypatch)
    with starting() as start:
        yield start


@pytest.fixture
def left(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotating]:
    """Rotations of the paper pair that leave their forms at once."""
    with leaving(operator, tmp_path, monkeypatch, PAPER) as rotating:
        yield rotating


@pytest.fixture
def left_live(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotating]:
    """Rotations of the live pair that leave their forms at once."""
    with leaving(operator, tmp_path, monkeypatch, LIVE) as rotating:
        yield rotating
