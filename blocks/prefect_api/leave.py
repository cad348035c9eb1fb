"""A run may leave its form: the form stays open, the process ends, and whoever answers starts it again.

In Prefect the run is *Suspended* then: as *Paused*, with the same form, but resuming it schedules the run anew in place
of letting a process go on (3.8.8). Prefect suspends no run that is paused, so it is made so by force, which overwrites
whatever somebody did in the very moment: neither an answer nor a cancellation is lost by that (``settle``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Pause, PrefectHTTPStatusError
from prefect.states import Scheduled, Suspended

from blocks.prefect_api import clock
from blocks.prefect_api.prefect_missing import is_missing
from blocks.prefect_api.prefect_state import asked

MESSAGE = "Its process has ended meanwhile, and nothing is lost: whoever answers starts it again."
# As Prefect names the state of a run whose process ended, and of one whose form was answered without a process.
SUSPENDED, RESUMING = "Suspended", "Resuming"
# A worker with a limit ends, and all its runs with it, when it is to begin a run whose process it has not seen end
# (3.8.8); and it takes those up that begin within ten seconds. The process that left its form is gone by then.
GONE_AFTER = timedelta(seconds=15)


class FormLeft(Pause):
    """The form waits without a process from now on: this one has to end. Not an error; Prefect ends a process by it."""

    def __init__(self, form: str, state: State[Any] | None) -> None:
        super().__init__(f"Nobody answered yet, so the process of the run ends. {MESSAGE}", state=state)
        self.form = form


@dataclass
class Leaving:
    """The leaving of one form of this run, from a moment on (``time.monotonic()``) at which nobody answered."""

    client: SyncPrefectClient
    run_id: UUID
    paused: State[Any]
    at: float
    # Whether Prefect was asked for it; it may have done so although its answer was lost.
    tried: bool = False

    def look(self, state: State[Any] | None) -> None:
        """Leave it when it is time to. Raises FormLeft, and httpx.HTTPError while Prefect does not answer.

        An answer that came first is this process's own. Once the run was suspended it is not, whatever was done since:
        Prefect ends a process at its next task that saw its run suspended (3.8.8).
        """
        if state is None:
            return
        if state.is_paused() and time.monotonic() > self.at:
            self.tried = True
            raise self._left(left(self.client, self.run_id, self.paused))
        if self.tried and self._begins_anew(state):
            raise self._left(None)

    def _begins_anew(self, state: State[Any]) -> bool:
        if _begins(state):
            return True
        key = self.paused.state_details.pause_key
        if not state.is_running() or _left_at(self.client.read_flow_run_states(self.run_id), key) is None:
            return False
        _begun_again(self.client, self.run_id, key)
        return True

    def _left(self, state: State[Any] | None) -> FormLeft:
        return FormLeft(f"paused-{self.paused.state_details.pause_key}", state if is_left(state) else None)


def may_be_left() -> bool:
    """Whether this run could be started again: one without a deployment could not."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run is not None and run.deployment_id is not None and run.parent_task_run_id is None


def left(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> State[Any] | None:
    """Let the run wait without a process; its state after that, with what somebody did in the very moment.

    Raises httpx.HTTPError while Prefect does not answer; then it may be left all the same.
    """
    details = paused.state_details
    wanted: State[Any] = Suspended(
        pause_expiration_time=details.pause_timeout,
        pause_key=details.pause_key,
        message=f"{paused.message or ''} {MESSAGE}".strip(),
    )
    wanted.state_details.run_input_keyset = details.run_input_keyset
    client.set_flow_run_state(run_id, wanted, force=True)
    state = settle(client, run_id)
    if state is not None and state.is_running():
        _begun_again(client, run_id, details.pause_key)
    return state


def _begun_again(client: SyncPrefectClient, run_id: UUID, key: str | None) -> bool:
    """Whether a run that is Running left that form, and no worker has begun it since; then one is to begin it.

    An answer in the very moment makes it Running after it was suspended: Prefect reads a state and writes the next one
    without a lock (3.8.8), and starts no process by that.
    """
    states = client.read_flow_run_states(run_id)
    left_at = _left_at(states, key)
    is_lost = left_at is not None and not any(one.timestamp > left_at and _begins(one) for one in states)
    if is_lost:
        client.set_flow_run_state(run_id, _resuming(client), force=True)
    return is_lost


def _left_at(states: list[State[Any]], key: str | None) -> datetime | None:
    return max((one.timestamp for one in states if is_left(one) and one.state_details.pause_key == key), default=None)


def _begins(state: State[Any]) -> bool:
    return state.is_scheduled() or state.is_pending()


def _resuming(client: SyncPrefectClient) -> State[Any]:
    """Begin soon, by the clock of Prefect's server: this machine's may be minutes ahead of it, or behind."""
    return Scheduled(name=RESUMING, scheduled_time=clock.of_server(client) + GONE_AFTER)


def settle(client: SyncPrefectClient, run_id: UUID) -> State[Any] | None:
    """Let an answer or a cancellation count that a form was left over; the state of the run after that.

    Prefect keeps what was entered, and every state that a run had. Of a run that did not leave its form nothing is
    changed. Raises httpx.HTTPError.
    """
    state = client.read_flow_run(run_id).state
    if state is None or not is_left(state):
        return state
    again = _cancelled(client.read_flow_run_states(run_id), state)
    if again is None and _is_answered(client, run_id, state):
        again = _resuming(client)
    if again is None:
        return state
    client.set_flow_run_state(run_id, again, force=True)
    return client.read_flow_run(run_id).state


def _cancelled(states: list[State[Any]], left_by: State[Any]) -> State[Any] | None:
    """The cancellation over which the form was left; None without. One that was ended before one that was to end.

    One from before the form is none: somebody had that run go on. Those two are far apart, and by clocks of two
    machines, so what counts is from which of both ends of the form it is nearer.
    """
    key = left_by.state_details.pause_key
    shown = [one.timestamp for one in states if one.is_paused() and one.state_details.pause_key == key]
    since = min(shown) + (left_by.timestamp - min(shown)) / 2 if shown else left_by.timestamp
    found = [one for one in states if one.timestamp > since and (one.is_cancelled() or one.is_cancelling())]
    return min(found, key=lambda one: one.is_cancelling(), default=None)


def still_waits(run_id: str) -> bool:
    """Whether a run that left its form waits still, after ``settle``: its process may have been killed before it.

    Raises Unreachable.
    """

    def question() -> bool:
        with get_client(sync_client=True) as client:
            return is_left(settle(client, UUID(run_id)))

    return asked("look at a form without a process", question, missing=False)


def begin_again(run_id: str, form: str) -> bool:
    """Have a worker begin a run that left this form and is said to go on, unless one has begun it; whether it does.

    Raises Unreachable.
    """

    def question() -> bool:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(UUID(run_id)).state
            is_running = state is not None and state.is_running()
            return is_running and _begun_again(client, UUID(run_id), form.removeprefix("paused-"))

    return asked("begin a run again whose form was answered", question, missing=False)


def _is_answered(client: SyncPrefectClient, run_id: UUID, state: State[Any]) -> bool:
    key = (state.state_details.run_input_keyset or {}).get("response")
    if key is None:
        return False
    try:
        client.read_flow_run_input(run_id, key)
    except PrefectHTTPStatusError as error:
        if not is_missing(error):
            raise
        return False
    return True


def form_of(state: State[Any] | None) -> str:
    """The key of the form that waits without a process; empty where none does, as when somebody suspended the run."""
    if state is None or not is_left(state) or not state.state_details.run_input_keyset:
        return ""
    return f"paused-{state.state_details.pause_key}"


def is_left(state: State[Any] | None) -> bool:
    """Whether a run in this state waits for an answer, and has no process."""
    return state is not None and state.is_paused() and bool(state.state_details.pause_reschedule)
