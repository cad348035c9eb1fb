"""A run that no worker begins is waited for two minutes, then ended, replaced and told; whatever state it is in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import AwaitingRetry, Late, Pending, Scheduled

from blocks.prefect_api import beginning, clock
from blocks.prefect_api.prefect_runs import end
from blocks.settings import read_settings
from flows.health import health
from flows.rotate import rotate
from flows.watch import watch
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.left_runs import begun
from tests.steps.watching import PAPER, started, state_of, watched
from tests.waiting import wait_until

# Prefect's page schedules a suspended run that is resumed so (prefect 3.8.8, server/api/flow_runs.py).
WAITING: dict[str, State[Any]] = {
    "pending": Pending(),
    "scheduled": Scheduled(),
    "late": Late(),
    "to be retried": AwaitingRetry(),
    "resuming": Scheduled(name="Resuming"),
}
ENDED = ("Taken over", beginning.NEVER_BEGAN)


def made(flow: Flow[..., Any], state: State[Any], **parameters: str) -> FlowRun:
    """A run that is as a lost worker leaves it."""
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(flow, parameters=parameters)
        client.set_flow_run_state(run.id, state, force=True)
    return run


def waited(monkeypatch: pytest.MonkeyPatch, *runs: FlowRun) -> None:
    """Until these runs waited too long."""
    monkeypatch.setenv("REKEY_BEGIN_WITHIN_S", "0.1")
    assert read_settings().begin_within_s == 0.1
    with get_client(sync_client=True) as client:
        newest = max(client.read_flow_run(run.id).state.timestamp for run in runs)  # type: ignore[union-attr]  # each has one
        wait_until(
            lambda: clock.of_server(client) > newest + timedelta(seconds=1), description="the runs waited too long"
        )


@pytest.mark.usefixtures("deployments")
@pytest.mark.parametrize(
    "state",
    [
        pytest.param(state, id=name, marks=() if name == "pending" else pytest.mark.long)
        for name, state in WAITING.items()
    ],
)
def test_it_is_waited_for_and_then_replaced(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, state: State[Any]
) -> None:
    begun(operator, PAPER)
    watched()
    (first,) = started(PAPER)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(first.id, state, force=True)
    watched()
    assert [one.id for one in started(PAPER)] == [first.id], "it may begin still"

    waited(monkeypatch, first)
    watched()

    assert state_of(str(first.id)) == ENDED
    (second,) = (one for one in started(PAPER) if one.id != first.id)
    assert operator.steps("look_after")[-1].context["started"].endswith(str(second.id))
    told = alerts(operator)
    assert [one.partition(":")[0] for one in told] == [
        f"{PAPER}",
        f"No worker began the rotation of {PAPER}",
        f"{PAPER}",
    ]
    assert str(first.id) in told[1]
    assert "Another run takes its place" in told[1]


@pytest.mark.usefixtures("deployments")
def test_a_clock_that_is_five_minutes_off_ends_no_run_that_begins(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(operator, PAPER)
    watched()
    (first,) = started(PAPER)
    for minutes in (5, -5):
        for module in (beginning, clock):
            monkeypatch.setattr(module, "datetime", _off_by(timedelta(minutes=minutes)))
        watched()

    assert [one.id for one in started(PAPER)] == [first.id]
    assert state_of(str(first.id))[0] == "Scheduled"


def _off_by(difference: timedelta) -> type[datetime]:
    class Off(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + difference

    return Off


@pytest.mark.usefixtures("deployments")
def test_one_that_somebody_scheduled_for_later_is_not_waited_for_and_stays(operator: Operator) -> None:
    begun(operator, PAPER)
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(f"rotate/{PAPER}")
        later = client.create_flow_run_from_deployment(
            deployment.id, state=Scheduled(scheduled_time=datetime.now(UTC) + timedelta(hours=2))
        )

    watched()

    assert len(started(PAPER)) == 2
    assert state_of(str(later.id))[0] == "Scheduled"


def test_lost_runs_of_watch_and_health_are_ended_and_told_once(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer run of watch does what a late one would have; the hourly one of health is wanted still."""
    lost = [made(watch, Pending()), made(health, Pending())]
    late, wanted = made(watch, Late()), made(health, Late())
    watched()
    assert [state_of(str(one.id))[0] for one in (*lost, late, wanted)] == ["Pending", "Pending", "Late", "Late"]

    waited(monkeypatch, *lost, late, wanted)
    watched()
    watched()

    assert [state_of(str(one.id)) for one in (*lost, late)] == [ENDED] * 3
    assert state_of(str(wanted.id))[0] == "Late"
    assert [one.partition(":")[0] for one in alerts(operator)] == ["No worker began watch", "No worker began health"]
    of_watch, of_health = alerts(operator)
    assert "This run of watch does what it would have done" in of_watch
    assert "the next run of the schedule asks (light every hour, full every night)" in of_health
    assert not [one for one in (of_watch, of_health) if "takes its place" in one], "nothing is started for them"


def test_a_rotation_that_a_lost_worker_took_and_never_began_is_ended_and_told_once(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger knows nothing of it, so nobody else looks after it; one that no worker took is wanted still."""
    lost, late = made(rotate, Pending(), credential=PAPER), made(rotate, Late(), credential=PAPER)
    watched()
    assert state_of(str(lost.id))[0] == "Pending"

    waited(monkeypatch, lost, late)
    watched()
    watched()

    assert state_of(str(lost.id)) == ("Taken over", beginning.NOTHING_CHANGED)
    assert state_of(str(late.id))[0] == "Late"
    (told,) = alerts(operator)
    assert told.startswith(f"No worker began the rotation of {PAPER}")
    assert "Nothing was changed. Start it again." in told
    with get_client(sync_client=True) as client:
        client.delete_flow_run(late.id)


@pytest.mark.usefixtures("prefect")
def test_a_run_that_was_deleted_meanwhile_is_no_fault() -> None:
    """As Prefect's own cleaning does; nothing is left to end."""
    run = made(watch, Pending())
    with get_client(sync_client=True) as client:
        client.delete_flow_run(UUID(str(run.id)))

    end(str(run.id), beginning.NEVER_BEGAN)
