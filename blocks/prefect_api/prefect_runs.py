"""Other flow runs: whether the run that holds a rotation has ended, and the start of another credential's rotation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Running

from blocks.answer import Answer
from blocks.errors import Unreachable
from blocks.prefect_api.ended import TAKEN_OVER, Ended, as_it_ended
from blocks.prefect_api.prefect_missing import NOT_PREFECTS, is_missing
from blocks.settings import read_settings

# The state of one that somebody cancelled, as Prefect itself calls it.
CANCELLED = "Cancelled"
# The tag of a run that rekey started and no person.
BY_ITSELF = "started-by-rekey"
ROTATE = "rotate"
# How far back unfinished runs, and how many forms of each, are looked through.
MOST_RUNS = 50
RESPONSE = "-response"
TOOK_NOTHING = "Prefect's database was busy and took nothing: press again"


# ValueError: no JSON, or not of what was asked for; the page of something before Prefect.
_FAULTS = (httpx.HTTPError, ValueError)


def is_over(run_id: str) -> Answer:
    """Whether that flow run has ended. A deleted run has; while Prefect does not answer it is unknown."""
    try:
        run = _run(run_id, "look at a run")
    except Unreachable:
        return Answer.UNKNOWN
    if run is None:
        return Answer.YES
    if run.state is None:
        return Answer.UNKNOWN
    return Answer.YES if run.state.is_final() else Answer.NO


def _run(run_id: str, operation: str) -> FlowRun | None:
    """The run; None when Prefect says that it knows none such, or the ID is none. Raises Unreachable."""
    try:
        known = UUID(run_id)
    except ValueError:
        return None
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            return client.read_flow_run(known)
    except ObjectNotFound as error:
        if is_missing(error):
            return None
        fault = NOT_PREFECTS
    except _FAULTS as error:
        fault = _named(error)
    raise Unreachable(vendor="Prefect", operation=operation, fault=fault)


def ended(run_id: str) -> Ended:
    """What Prefect says of a run; a deleted one has no state. Raises Unreachable."""
    run = _run(run_id, "look at a run")
    return as_it_ended(run.state) if run else Ended(None, "deleted", "Prefect does not know the run any more")


def shows(run_id: str, form: str) -> bool:
    """Whether the run waits with that very form now. Raises Unreachable."""
    run = _run(run_id, "look at a form")
    state = run.state if run else None
    if state is None or not state.is_paused():
        return False
    return (state.state_details.run_input_keyset or {}).get("response") == f"{form}{RESPONSE}"


def resume(run_id: str, values: Mapping[str, Any]) -> bool:
    """Fill in the form of a paused run; whether Prefect took it. Nothing secret in it. Raises Unreachable."""
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            result = client.resume_flow_run(UUID(run_id), run_input=dict(values))
    except (ObjectNotFound, *_FAULTS) as error:
        fault = _fault_of(error)
    if fault:
        raise Unreachable(vendor="Prefect", operation="resume a run", fault=fault)
    return result.status is SetStateStatus.ACCEPT


def go_on(run_id: str) -> None:
    """Take back a pause of a run whose process lives. What was typed in its form is kept. Raises Unreachable."""
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(UUID(run_id)).state
            # A run that somebody cancelled meanwhile must not come to life again.
            if state is not None and state.is_paused():
                client.set_flow_run_state(UUID(run_id), Running(), force=True)
    except (ObjectNotFound, *_FAULTS) as error:
        fault = _named(error)
    if fault:
        raise Unreachable(vendor="Prefect", operation="take back a pause", fault=fault)


def end(run_id: str, message: str, *, name: str = TAKEN_OVER) -> None:
    """Let Prefect show a run as cancelled whose process is dead; fine when it ended before. Raises Unreachable."""
    operation = "end a run whose process is dead"
    run = _run(run_id, operation)
    if run is None or (run.state is not None and run.state.is_final()):
        return
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run.id, Cancelled(name=name, message=message), force=True)
    except ObjectNotFound as error:
        fault = "" if is_missing(error) else NOT_PREFECTS
    except _FAULTS as error:
        fault = _named(error)
    if fault:
        raise Unreachable(vendor="Prefect", operation=operation, fault=fault)


def forms_left(credential: str, step: str) -> list[tuple[str, str]]:
    """Run and form of everything that was typed in that step and never read, in unfinished runs of this credential.

    The newest run first. A run of a rotation that ended well keeps nothing. Raises Unreachable.
    """
    unfinished = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=[StateType.COMPLETED])))
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[ROTATE])),
                flow_run_filter=unfinished,
                sort=FlowRunSort.START_TIME_DESC,
                limit=MOST_RUNS,
            )
            own = [run.id for run in runs if run.parameters.get("credential") == credential]
            found = [
                (run_id, one.key)
                for run_id in own
                for one in client.filter_flow_run_input(run_id, "paused-", limit=MOST_RUNS, exclude_keys=set())
            ]
    except _FAULTS as error:
        fault = _named(error)
    if fault:
        raise Unreachable(vendor="Prefect", operation="look for what was typed before", fault=fault)
    answers = (key for key in found if key[1].endswith(RESPONSE) and f"-{step}-" in key[1])
    return [(str(run_id), key.removesuffix(RESPONSE)) for run_id, key in answers]


def start_rotation(credential: str, reason: str) -> str:
    """Start the deployment that rotates this credential; return the address of its run. Raises Unreachable."""
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            deployment = client.read_deployment_by_name(f"rotate/{credential}")
            run = client.create_flow_run_from_deployment(deployment.id, parameters={"reason": reason}, tags=[BY_ITSELF])
    except ObjectNotFound:
        fault = f"there is no deployment rotate/{credential}"
    except _FAULTS as error:
        fault = _fault_of(error)
    if fault:
        raise Unreachable(
            vendor="Prefect",
            operation=f"start the rotation of {credential}",
            fault=fault,
            remedy=f"Start it by hand: deployment {credential}, reason '{reason}'.",
        )
    return f"{read_settings().prefect_ui_url}/runs/flow-run/{run.id}"


def _fault_of(error: Exception) -> str:
    """What to tell of an answer. 503 in Prefect's own form, and not a gateway's, says that nothing was applied."""
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        try:
            if "exception_message" in error.response.json():
                return TOOK_NOTHING
        except (ValueError, TypeError):
            pass
    return _named(error)


def _named(error: Exception) -> str:
    return NOT_PREFECTS if isinstance(error, ValueError) else type(error).__name__
