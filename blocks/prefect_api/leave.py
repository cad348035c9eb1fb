"""A run may leave its form: the form stays open, the process ends, and whoever answers starts it again.

In Prefect the run is *Suspended* then: as *Paused*, with the same form, but resuming it schedules the run anew in place
of letting a process go on (3.8.8). Somebody may answer, or cancel, in the very moment; neither is lost.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Pause
from prefect.states import Scheduled, Suspended

MESSAGE = "Its process has ended meanwhile, and nothing is lost: whoever answers starts it again."
# As Prefect names the state of a run whose form was answered without a process.
RESUMING = "Resuming"


class FormLeft(Exception):
    """The form waits without a process from now on: this one has to end. Not an error."""

    def __init__(self, form: str) -> None:
        super().__init__(f"Nobody answered yet, so the process of the run ends. {MESSAGE}")
        self.form = form


def may_be_left() -> bool:
    """Whether this run could be started again: one without a deployment could not."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run is not None and run.deployment_id is not None and run.parent_task_run_id is None


def left(client: SyncPrefectClient, run_id: UUID, paused: State[Any]) -> None:
    """Let the run wait without a process; this one has to end then.

    Who was quicker is heard: an answer starts the run again, as it would have after that; a cancelled run is cancelled.
    The process ends all the same, because Prefect tells it that it was suspended, at whatever step it is by then.
    Raises httpx.HTTPError while Prefect does not answer; then it may be left all the same, and is asked for again.
    """
    details = paused.state_details
    wanted: State[Any] = Suspended(
        pause_expiration_time=details.pause_timeout,
        pause_key=details.pause_key,
        message=f"{paused.message or ''} {MESSAGE}".strip(),
    )
    wanted.state_details.run_input_keyset = details.run_input_keyset
    # By force: Prefect lets no run that is paused be suspended.
    client.set_flow_run_state(run_id, wanted, force=True)
    quicker = _overwritten(client, run_id, str(details.pause_key))
    if quicker is not None and is_left(client.read_flow_run(run_id).state):
        again = Scheduled(name=RESUMING) if quicker.is_running() else quicker
        client.set_flow_run_state(run_id, again, force=True)


def _overwritten(client: SyncPrefectClient, run_id: UUID, key: str) -> State[Any] | None:
    """What the run had become when it was left; None when it still waited."""
    states = sorted(client.read_flow_run_states(run_id), key=lambda one: one.timestamp)
    for before, one in pairwise(states):
        if is_left(one) and one.state_details.pause_key == key and not before.is_paused():
            return before
    return None


def is_left(state: State[Any] | None) -> bool:
    """Whether a run in this state waits for an answer, and has no process."""
    return state is not None and state.is_paused() and bool(state.state_details.pause_reschedule)


def end_process() -> Pause:
    """What to raise, outside of any task, so that the process ends and the run stays as it is."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run.id).state if run else None
    return Pause(MESSAGE, state=state if is_left(state) else None)
