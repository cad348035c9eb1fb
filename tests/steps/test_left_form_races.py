"""What happens in the very moment in which a run leaves its form, or when Prefect or the process is lost right then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State
from prefect.exceptions import Pause

from blocks.errors import LedgerError
from blocks.ledger.row import Action
from blocks.prefect_api import leave, prefect_page, recording
from tests.operator import Operator
from tests.steps.leaving import Rotating, again, form_of
from tests.steps.watching import PAPER, started, watched

Left = Callable[[SyncPrefectClient, UUID, State[Any]], State[Any] | None]
REALLY: Left = leave.left


def answer(operator: Operator, run_id: UUID) -> None:
    """Somebody answers the form."""
    operator.form = form_of(operator, run_id)
    operator.submit(str(run_id), operator.regenerate())


def cancel(operator: Operator, run_id: UUID, state: str = "CANCELLED") -> None:
    """Somebody cancels the run."""
    body = {"state": {"type": state, "name": state.title()}, "force": True}
    operator.api.post(f"/flow_runs/{run_id}/set_state", json=body).raise_for_status()


def leaves(left: Rotating) -> UUID:
    """It begins, and its process ends while its form waits; its run."""
    with pytest.raises(Pause):
        left.begin()
    (run,) = started(PAPER)
    return run.id


def is_held_by_its_cancellation(operator: Operator) -> bool:
    (held,) = [row for row in operator.ledger.rows() if row.action is Action.HELD]
    return str(held.context["reason"]).startswith("Its run was cancelled in Prefect.")


def test_an_answer_that_it_overwrites_starts_the_run_again(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    def just_then(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
        answer(operator, run_id)
        return REALLY(client, run_id, paused)

    monkeypatch.setattr(leave, "left", just_then)
    leaves(left)
    monkeypatch.setattr(leave, "left", REALLY)

    (run,) = started(PAPER)
    assert again(run).is_completed()


@pytest.mark.parametrize("state", [pytest.param("CANCELLED", marks=pytest.mark.long), "CANCELLING"])
def test_a_cancellation_that_it_overwrites_counts(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    def just_then(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
        cancel(operator, run_id, state)
        return REALLY(client, run_id, paused)

    monkeypatch.setattr(leave, "left", just_then)
    leaves(left)

    (run,) = started(PAPER)
    assert run.state is not None
    # Prefect makes one that is being cancelled cancelled where no process is known.
    assert run.state.is_cancelled() or run.state.is_cancelling()
    watched()
    assert is_held_by_its_cancellation(operator)


@pytest.mark.parametrize(
    "what",
    ["answered", pytest.param("cancelled", marks=pytest.mark.long), pytest.param("nothing", marks=pytest.mark.long)],
)
def test_watch_mends_what_a_process_overwrote_that_was_killed_right_then(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def just_then(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
        if what != "nothing":
            (answer if what == "answered" else cancel)(operator, run_id)
        return REALLY(client, run_id, paused)

    monkeypatch.setattr(leave, "left", just_then)
    with monkeypatch.context() as killed:
        # Nothing that the process would do after that is done.
        killed.setattr(leave, "settle", lambda client, run_id: client.read_flow_run(run_id).state)
        killed.setattr(leave.Leaving, "_left", lambda _, state: leave.FormLeft("", state))
        leaves(left)

    watched()

    (run,) = started(PAPER)
    assert run.state is not None
    if what == "answered":
        monkeypatch.setattr(leave, "left", REALLY)
        assert again(run).is_completed()
    elif what == "cancelled":
        assert run.state.is_cancelled()
        watched()
        assert is_held_by_its_cancellation(operator)
    else:
        assert leave.is_left(run.state)
        (noted,) = [row.facts.form_left for row in operator.ledger.rows() if row.facts.form_left]
        assert noted == form_of(operator, run.id).key.removesuffix("-response")


def test_a_cancellation_from_before_the_form_does_not_count(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody pressed Retry since."""
    begins = prefect_page.pause_with

    def cancelled_before(*given: Any, **named: Any) -> Any:
        (run,) = started(PAPER)
        for state in ("CANCELLED", "RUNNING"):
            cancel(operator, run.id, state)
        return begins(*given, **named)

    monkeypatch.setattr("tasks.person.pause_form.pause_with", cancelled_before)
    leaves(left)

    (run,) = started(PAPER)
    assert leave.is_left(run.state)


def test_a_ledger_that_is_away_keeps_no_form_from_being_left(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_away(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
        now = REALLY(client, run_id, paused)
        monkeypatch.setattr(recording, "write", away)
        return now

    def away(*_: Any, **__: Any) -> None:
        raise LedgerError("The ledger does not answer.", "Look at it.")

    with monkeypatch.context():
        really = recording.write
        monkeypatch.setattr(leave, "left", then_away)
        leaves(left)
        monkeypatch.setattr(recording, "write", really)

    (run,) = started(PAPER)
    assert leave.is_left(run.state)
    answer(operator, run.id)
    monkeypatch.setattr(leave, "left", REALLY)
    assert again(run).is_completed()


def test_an_answer_of_prefect_that_is_lost_leaves_the_form_all_the_same(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[UUID] = []

    def just_then(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
        now = REALLY(client, run_id, paused)
        if not lost:
            lost.append(run_id)
            raise httpx.ReadTimeout("nothing came")
        return now

    monkeypatch.setattr(leave, "left", just_then)
    run_id = leaves(left)

    assert lost == [run_id]
    answer(operator, run_id)
    (run,) = started(PAPER)
    assert again(run).is_completed()


@pytest.mark.parametrize("has_begun", [False, pytest.param(True, marks=pytest.mark.long)])
def test_of_two_processes_of_a_run_the_one_ends_that_was_to_leave(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch, *, has_begun: bool
) -> None:
    """Prefect's answer is lost, somebody answers the form that was left, and a worker begins the run meanwhile."""
    lost: list[UUID] = []

    def just_then(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
        now = REALLY(client, run_id, paused)
        if lost:
            return now
        lost.append(run_id)
        answer(operator, run_id)
        if has_begun:
            body = {"state": {"type": "RUNNING", "name": "Running"}, "force": True}
            operator.api.post(f"/flow_runs/{run_id}/set_state", json=body).raise_for_status()
        raise httpx.ReadTimeout("nothing came")

    monkeypatch.setattr(leave, "left", just_then)
    run_id = leaves(left)

    assert lost == [run_id]
    assert not [row for row in operator.steps("await_human_input") if row.facts.is_done]
    (run,) = started(PAPER)
    assert run.state is not None
    assert (run.state.is_running(), run.state.is_scheduled()) == (has_begun, not has_begun)


def test_an_answer_that_comes_first_is_read_by_the_process(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect does not hear that the form is to be left."""

    def answered_first(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
        assert client
        assert paused.is_paused()
        answer(operator, run_id)
        raise httpx.ConnectTimeout("it does not hear")

    monkeypatch.setattr(leave, "left", answered_first)

    assert left.begin().is_completed()

    assert len(started(PAPER)) == 1
    assert not [row for row in operator.ledger.rows() if row.facts.form_left]
