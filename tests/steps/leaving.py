"""What tests of a form share that its run left: the run, what a worker does with it later, and the form itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow

from blocks.prefect_api import leave
from blocks.secret import Minted
from blocks.settings import read_settings
from flows.rotate import rotate
from tests.at_prefect import Form
from tests.operator import Operator
from tests.steps.deployed_run import Start, be_a_worker, starting
from tests.steps.watching import PAPER, started
from tests.waiting import wait_until


@dataclass
class Rotating:
    """Begins rotations of one credential by their deployment."""

    operator: Operator
    start: Start
    credential: str = PAPER
    has_begun: bool = False

    def __call__(self) -> FlowRun:
        """One that leaves its form at once; its run."""
        with pytest.raises(Pause):
            self.begin()
        (run,) = started(self.credential)
        return self.shown(run)

    def begin(self) -> State[Any]:
        """One that may leave its form."""
        self.has_begun = True
        return self.start(rotate, name=self.credential, parameters={"credential": self.credential})

    def shown(self, run: FlowRun) -> FlowRun:
        """This run; its form is the one that is answered next."""
        self.operator.form = form_of(self.operator, run.id)
        return run


@contextmanager
def leaving(
    operator: Operator, folder: Path, monkeypatch: pytest.MonkeyPatch, credential: str = PAPER
) -> Iterator[Rotating]:
    """Rotations that leave their form at once."""
    be_a_worker(folder, monkeypatch, read_settings().catalog)
    monkeypatch.setenv("REKEY_FORM_LEAVE_AFTER_S", "0.2")
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")
    # No worker begins a run here.
    monkeypatch.setattr(leave, "GONE_AFTER", timedelta(0))
    with starting() as start:
        rotating = Rotating(operator, start, credential)
        yield rotating
        for run in started(credential) if rotating.has_begun else ():
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


def again_choosing(operator: Operator, run: FlowRun, asked: str, choice: str) -> State[Any]:
    """Begin the run as a worker does, while somebody chooses this in the form that asks so and keeps its process."""
    return again_answering(operator, run, {asked: lambda: operator.choose(choice)})


def again_answering(operator: Operator, run: FlowRun, answers: Mapping[str, Callable[[], object]]) -> State[Any]:
    """Begin the run as a worker does, while somebody answers the forms that ask so, in this order."""

    def person() -> None:
        try:
            for asked, answer in answers.items():
                wait_until(partial(_asks, operator, run, asked), description=asked)
                answer()
        except BaseException:
            # Else it would wait for an answer for ever.
            set_state(operator, run, "CANCELLED")
            raise

    with ThreadPoolExecutor() as pool:
        answered = pool.submit(copy_context().run, person)
        state = again(run)
        answered.result()
    return state


def _asks(operator: Operator, run: FlowRun, asked: str) -> bool:
    return asked in _shown_by(operator, run)


def _shown_by(operator: Operator, run: FlowRun) -> str:
    """What the run's form says; it is the one that is answered next. Empty while it shows none."""
    now = operator.api.get(f"/flow_runs/{run.id}").json()
    keyset = operator.robot.form_of(now)
    operator.form = operator.form_of(now, keyset) if keyset else None
    return operator.form.description if operator.form else ""


def left_again(run: FlowRun) -> None:
    """Begin the run as a worker does; it comes to another form, which it leaves as well."""
    with pytest.raises(Pause):
        again(run)


def shown(operator: Operator) -> Form:
    """The form that waits."""
    assert operator.form is not None
    return operator.form


def stored(operator: Operator, run: FlowRun, answer: object) -> None:
    """An answer as Prefect keeps it, past its check of the form; the run does not go on by that."""
    form = form_of(operator, run.id)
    kept = {"key": form.key, "value": json.dumps(answer)}
    operator.api.post(f"/flow_runs/{run.id}/input", json=kept).raise_for_status()


def as_entered(operator: Operator, pair: Minted, run: FlowRun) -> dict[str, Any]:
    """What a person enters into the form for the pair, without a proof."""
    operator.canaries.typed.add(pair.secret.get_secret_value())
    switches = [one for one in form_of(operator, run.id).fields if one.startswith("switcher")]
    entered = {name: value.get_secret_value() for name, value in pair.values.items()}
    return {"operator": "test operator", **entered, **dict.fromkeys(switches, True)}


def set_state(operator: Operator, run: FlowRun, kind: str, name: str = "", **details: Any) -> None:
    """Prefect says so of the run from now on, whatever it was."""
    state = {"type": kind, "name": name or kind.title(), "state_details": details}
    operator.api.post(f"/flow_runs/{run.id}/set_state", json={"state": state, "force": True}).raise_for_status()
