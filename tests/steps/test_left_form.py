"""A run that waits for the new pair may leave its form: its process ends, and whoever answers starts it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow

from blocks.ledger.lease import Lease
from blocks.ledger.row import Action
from blocks.prefect_api import leave
from blocks.settings import read_settings
from deployments.rehearsal import proof
from flows.rotate import rotate
from tests.at_prefect import Form
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.deployed_run import PAPER, Start, be_a_worker, starting
from tests.steps.watching import started, watched
from tests.waiting import wait_until

# The fields that are filled in by hand.
NO_DEFAULTS = {"operator", "stop_here"}


@dataclass
class Rotating:
    """Begins rotations by their deployment."""

    operator: Operator
    start: Start

    def __call__(self) -> FlowRun:
        """One that leaves its form at once; its run."""
        with pytest.raises(Pause):
            self.start(rotate)
        (run,) = started(PAPER)
        self.operator.form = form_of(self.operator, run.id)
        return run


@pytest.fixture
def left(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotating]:
    """Rotations that leave their form at once."""
    be_a_worker(tmp_path, monkeypatch, read_settings().catalog)
    monkeypatch.setenv("REKEY_FORM_LEAVE_AFTER_S", "0.2")
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")
    with starting() as start:
        yield Rotating(operator, start)
        for run in started(PAPER):
            # One that is not completed would be asked for what was typed into it.
            operator.delete(f"/flow_runs/{run.id}")


def form_of(operator: Operator, run_id: UUID) -> Form:
    """The form that the run shows; its name is that of other tests' runs."""
    run = operator.api.get(f"/flow_runs/{run_id}").json()
    keyset = operator.robot.form_of(run)
    assert keyset is not None
    form = operator.form_of(run, keyset)
    assert form is not None
    return form


def read(run: FlowRun) -> FlowRun:
    """The run as Prefect has it now."""
    with get_client(sync_client=True) as client:
        return client.read_flow_run(run.id)


def again(run: FlowRun) -> State[Any]:
    """What a worker does with a run that is scheduled."""
    now = read(run)
    assert now.state is not None
    assert now.state.is_scheduled(), now.state
    state: State[Any] = run_flow(rotate, flow_run=now, parameters=now.parameters, return_type="state")  # type: ignore[assignment]  # its type covers asynchronous flows, too
    return state


def shown(operator: Operator) -> Form:
    """The form that waits."""
    assert operator.form is not None
    return operator.form


def test_a_form_that_its_run_left_is_answered_and_the_same_run_goes_on(operator: Operator, left: Rotating) -> None:
    before = proof.observe(operator.estate)
    run = left()
    now = read(run)
    assert leave.is_left(now.state), now.state
    assert Lease(read_settings().ledger_url, PAPER).look() is None
    told = len(alerts(operator))

    watched()

    assert started(PAPER) == [read(run)]
    assert len(alerts(operator)) == told, "watch leaves it alone"
    operator.submit(shown(operator).run_id, operator.regenerate())
    watched()
    assert len(started(PAPER)) == 1, "it is about to begin again"

    state = again(run)

    assert state.is_completed(), state.message
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert len([row for row in operator.ledger.rows() if row.action is Action.STARTED]) == 1
    entered = [row for row in operator.steps("await_human_input") if row.context["outcome"] == "done"]
    assert [row.context["operator"] for row in entered] == ["test operator"]
    assert len([row for row in operator.ledger.rows() if row.context.get("outcome") == "waiting"]) == 1


def test_whoever_stops_at_a_form_that_was_left_is_heard(operator: Operator, left: Rotating) -> None:
    run = left()
    empty = {name: one["default"] for name, one in shown(operator).fields.items() if name not in NO_DEFAULTS}
    taken = operator.fill(**empty, stop_here=True)
    assert taken["status"] == "ACCEPT", taken

    state = again(run)

    assert state.name == "Stopped", state.message
    assert operator.actions()[-1] == Action.ABORTED, operator.actions()


def test_that_the_old_pair_died_is_noted_while_the_form_is_left(operator: Operator, left: Rotating) -> None:
    run = left()
    pair = operator.regenerate()

    watched()

    assert [row for row in operator.ledger.rows() if row.context.get("old_died_at")]
    operator.submit(shown(operator).run_id, pair)
    assert again(run).is_completed()


def test_another_start_takes_over_from_a_run_that_left_its_form(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left()
    monkeypatch.delenv("REKEY_FORM_LEAVE_AFTER_S")

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    now = read(run).state
    assert now is not None
    assert (now.name, now.is_final()) == ("Taken over", True)


@pytest.mark.parametrize("quicker", ["answered", "cancelled"])
def test_nothing_that_comes_in_the_very_moment_is_lost(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch, quicker: str
) -> None:
    """Between the last look and the moment it is left: what was overwritten is so again."""
    runs: list[UUID] = []
    really = leave.left

    def just_then(client: Any, run_id: UUID, paused: State[Any]) -> None:
        if not runs:
            runs.append(run_id)
            operator.form = form_of(operator, run_id)
            if quicker == "answered":
                operator.submit(str(run_id), operator.regenerate())
            else:
                body = {"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
                operator.api.post(f"/flow_runs/{run_id}/set_state", json=body).raise_for_status()
        really(client, run_id, paused)

    monkeypatch.setattr(leave, "left", just_then)

    with pytest.raises(Pause):
        left.start(rotate)

    (run,) = started(PAPER)
    assert runs == [run.id]
    if quicker == "answered":
        assert again(run).is_completed()
    else:
        assert run.state is not None
        assert run.state.is_cancelled(), run.state
        watched()
        (held,) = [row for row in operator.ledger.rows() if row.action is Action.HELD]
        assert held.context["reason"].startswith("Its run was cancelled in Prefect.")


def test_a_run_without_a_deployment_keeps_its_process(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKEY_FORM_LEAVE_AFTER_S", "0.01")

    def slowly(person: Operator) -> Any:
        wait_until(lambda: bool(person.steps("await_human_input")), description="it waits")
        return person.regenerate()

    outcome = operator.rotate(slowly)

    assert outcome.state.is_completed(), outcome.message
