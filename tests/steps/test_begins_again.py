"""A run that Prefect itself begins again is waited for, as one that begins: nobody takes it over, nobody is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import AwaitingRetry, Pending, Running, Scheduled

from blocks.errors import Unreachable
from blocks.prefect_api import beginning
from deployments.sandbox.estate import LIVE_RUNTIMES
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.left_runs import begun
from tests.steps.live import KILL_SWITCH, kill_switches
from tests.steps.test_begins import waited
from tests.steps.watching import LIVE, PAPER, dead_runs_looked_after, started, state_of


def became(run: FlowRun, *states: State[Any]) -> None:
    """The run comes into these states, one after another."""
    with get_client(sync_client=True) as client:
        for state in states:
            client.set_flow_run_state(run.id, state, force=True)


def in_minutes(minutes: float) -> State[Any]:
    """To be retried then."""
    return AwaitingRetry(scheduled_time=datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.fixture(autouse=True)
def _no_run_waits_afterwards(prefect: None) -> Iterator[None]:
    """Another test's rotation of the same credential would be thought to begin soon."""
    del prefect
    yield
    waiting = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*beginning.WAITING])))
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=waiting):
            client.delete_flow_run(run.id)


@pytest.mark.usefixtures("deployments")
@pytest.mark.parametrize("paused", [True, False])
def test_it_is_waited_for_no_longer_than_any_run_and_then_taken_over_as_before(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, paused: bool
) -> None:
    run = begun(operator, PAPER, Running(), paused=paused)
    became(run, AwaitingRetry())
    dead_runs_looked_after()
    became(run, Pending())
    dead_runs_looked_after()
    assert (started(PAPER), alerts(operator), state_of(str(run.id))[0]) == ([], [], "Pending")

    waited(monkeypatch, run)
    dead_runs_looked_after()

    assert state_of(str(run.id))[0] == "Taken over"
    assert len(alerts(operator)) == 1
    assert len(started(PAPER)) == (1 if paused else 0), "where nothing was changed its rotation is over"


@pytest.mark.usefixtures("deployments")
def test_its_brakes_are_kept_meanwhile(operator: Operator) -> None:
    begun(operator, LIVE, AwaitingRetry())
    for app in LIVE_RUNTIMES.values():
        operator.estate.heroku.apps[app].change({KILL_SWITCH: "0"}, "somebody@example.com")

    dead_runs_looked_after()

    assert set(kill_switches(operator.estate).values()) == {"1"}
    assert started(LIVE) == []


@pytest.mark.usefixtures("prefect")
@pytest.mark.parametrize(
    ("states", "begins"),
    [
        pytest.param(lambda: (Running(), in_minutes(1)), True, id="in a minute"),
        pytest.param(lambda: (Running(), in_minutes(10)), False, id="too late"),
        pytest.param(lambda: (Scheduled(), Pending(), Running()), True, id="has begun"),
        pytest.param(lambda: (Scheduled(), Running(), Pending(), AwaitingRetry(), Pending()), True, id="taken twice"),
    ],
)
def test_what_counts_is_since_when_it_waits_and_when_it_is_to_begin(
    operator: Operator, states: Callable[[], tuple[State[Any], ...]], begins: bool
) -> None:
    run = begun(operator, PAPER)
    became(run, *states())

    assert beginning.is_soon(str(run.id)) is begins


def test_a_worker_that_takes_it_again_and_again_makes_nobody_wait_longer(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(operator, PAPER, AwaitingRetry())
    waited(monkeypatch, run)
    monkeypatch.setenv("REKEY_BEGIN_WITHIN_S", "1")

    became(run, Pending(), AwaitingRetry(), Pending())

    assert not beginning.is_soon(str(run.id))


@pytest.mark.usefixtures("prefect")
def test_while_prefect_does_not_answer_it_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("prefect.client.orchestration.SyncPrefectClient.read_flow_run_states", away)

    with pytest.raises(Unreachable, match="look whether a run begins again"):
        beginning.is_soon("00000000-0000-0000-0000-000000000000")
