"""What a run's page in Prefect shows: the message of its state, also while it is paused, and artifacts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, FlowPauseTimeout, ObjectNotFound, PrefectHTTPStatusError
from prefect.input import RunInput
from prefect.input.run_input import keyset_from_paused_state
from prefect.logging import get_run_logger
from prefect.states import Paused, Running
from prefect.utilities.engine import propose_state_sync

from blocks.errors import RunOver, StepError, Unreachable
from blocks.ledger import lease
from blocks.prefect_api.leave import Leaving, may_be_left
from blocks.prefect_api.one_try import one_try
from blocks.prefect_api.prefect_missing import NOT_PREFECTS, is_missing
from blocks.settings import read_settings

_Form = TypeVar("_Form", bound=RunInput)
# Whoever answers is there in the first minutes of a form, and trading may stand still: it is looked at more often then.
SOON_S, QUICKER = 600.0, 3
# Between two questions while Prefect does not answer.
SILENT_S = 2.0


def pause_with(
    form: type[_Form],
    key: str,
    message: str,
    shown: Callable[[], None],
    *,
    timeout_s: float,
    poll_s: float,
    leave_after_s: float = math.inf,
) -> _Form:
    """Pause the flow run that this is, show the form, and return what was entered once it is resumed.

    Does what Prefect's ``pause_flow_run`` does (3.8.8), whose state has no message: the run's page said nothing then of
    what is waited for. Calls ``shown`` when people can open the form. Raises Pause when the run is paused already,
    FlowPauseTimeout, what the form's class raises, and RunOver or LeaseLost when nobody can answer the form any more.
    Raises FormLeft when nobody answered for ``leave_after_s`` and the run could be started again: it waits alone now.
    """
    run_id = _this_run()
    state: State[Any] = Paused(timeout_seconds=int(timeout_s), pause_key=key, message=message)
    keyset: dict[Any, str] = dict(keyset_from_paused_state(state))
    state.state_details.run_input_keyset = keyset
    until = time.monotonic() + timeout_s
    with get_client(sync_client=True) as client:
        if _proposed(client, state, run_id).is_paused():
            form.save(keyset)
            shown()
            leaves_at = time.monotonic() + leave_after_s if may_be_left() else math.inf
            _wait(client, run_id, until, poll_s, Leaving(client, run_id, state, leaves_at))
        return cast("_Form", form.load(keyset))


def _proposed(client: SyncPrefectClient, state: State[Any], run_id: UUID) -> State[Any]:
    """The state after Prefect was asked for this one. Raises RunOver for a run that is cancelled or has ended.

    Prefect refuses the pause then (3.8.8: by Abort for one that has ended), and nobody could answer the form.
    """
    unknown: RunOver | httpx.RemoteProtocolError | None = None
    try:
        after = propose_state_sync(client, state, flow_run_id=run_id)
    except Abort:
        ended = _state(client, run_id)
        if ended is None or not ended.is_final():
            raise
        after = ended
    except ObjectNotFound as error:
        unknown = _not_found(error)
    if unknown is not None:
        raise unknown
    if after.is_cancelling() or after.is_final():
        raise _taken(after)
    return after


def _wait(client: SyncPrefectClient, run_id: UUID, until: float, poll_s: float, leaving: Leaving) -> None:
    """Wait until the run is resumed. Prefect's own wait sees nothing else, and would stand there for ever.

    A worker that lives ends the process of a run that is being cancelled; one that is lost cannot. While Prefect does
    not answer it is asked again for as long as that takes: its client gives up after a while, and would ask more and
    more seldom until then.
    """
    cancelled_since: float | None = None
    began, silent = time.monotonic(), False
    while True:
        time.sleep(SILENT_S if silent else pause_s(poll_s, time.monotonic() - began))
        lease.demand_not_lost()
        try:
            with one_try():
                state = _state(client, run_id)
                leaving.look(state)
        except httpx.HTTPError as error:
            if not _passes(error):
                raise
            if not silent:
                get_run_logger().warning("Prefect does not answer (%s). The form stays open.", type(error).__name__)
            silent = True
            continue
        silent = False
        if state is not None and state.is_running():
            return
        now = time.monotonic()
        if now > until:
            raise FlowPauseTimeout
        if state is None or state.is_paused():
            continue
        cancelled_since = cancelled_since or now
        if state.is_final() or now - cancelled_since > read_settings().lease_s:
            raise _taken(state)


def _passes(error: httpx.HTTPError) -> bool:
    """Whether it may pass by itself: no answer, or one that says that the server is busy or has no database."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500 or error.response.status_code in {408, 429}
    return True


def pause_s(poll_s: float, waited_s: float) -> float:
    """Seconds until the next look at a form that has waited so long already."""
    return poll_s / QUICKER if waited_s < SOON_S else poll_s


def _taken(state: State[Any]) -> RunOver:
    return RunOver(
        f"The run was taken from its form: Prefect says {state.name}.",
        "Start the rotation again: it goes on where it stood.",
    )


def _state(client: SyncPrefectClient, run_id: UUID) -> State[Any] | None:
    """Raises RunOver for a run that Prefect does not know, and httpx.HTTPError without an answer of Prefect's own."""
    try:
        return client.read_flow_run(run_id).state
    except ObjectNotFound as error:
        unknown = _not_found(error)
    except ValueError:
        # No JSON, or no run: the page of something before Prefect.
        unknown = httpx.RemoteProtocolError(NOT_PREFECTS)
    raise unknown


def _not_found(error: ObjectNotFound) -> RunOver | httpx.RemoteProtocolError:
    """What to raise for it. When it is not Prefect's own word, whoever asks takes the pause back, and asks again."""
    if not is_missing(error):
        return httpx.RemoteProtocolError(NOT_PREFECTS)
    return RunOver(
        "The run was deleted in Prefect while its form waited.",
        "Start the rotation again: it goes on where it stood.",
    )


def _this_run() -> UUID:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise StepError("A form is shown by a Prefect flow run.", "Start the rotation from its deployment.")
    return context.flow_run.id


def _goes_on(client: SyncPrefectClient, run_id: UUID) -> bool:
    state = client.read_flow_run(run_id).state
    return state is not None and state.is_running()


def say(run_id: str, message: str) -> None:
    """Give the state of a run that is running a message; one that is not is left alone. Raises Unreachable.

    Sent once and not again: one that comes late would resume a run that was paused meanwhile.
    """
    fault = ""
    try:
        with one_try(), get_client(sync_client=True) as client:
            if _goes_on(client, UUID(run_id)):
                client.set_flow_run_state(UUID(run_id), Running(message=message))
    except (ObjectNotFound, ValueError, httpx.HTTPError, PrefectHTTPStatusError) as error:
        fault = type(error).__name__
    if fault:
        raise Unreachable(vendor="Prefect", operation="show what the run does", fault=fault)


def publish(key: str, markdown: str, description: str, run_id: str) -> UUID:
    """Make an artifact of Markdown, of this run. Nothing secret in it. Raises Unreachable."""
    fault = ""
    try:
        # ValueError: the ledger may name a run that is none of Prefect's.
        made = ArtifactCreate(
            key=key, type="markdown", data=markdown, description=description, flow_run_id=UUID(run_id)
        )
        with get_client(sync_client=True) as client:
            return client.create_artifact(made).id
    except (ObjectNotFound, ValueError, httpx.HTTPError, PrefectHTTPStatusError) as error:
        fault = type(error).__name__
    raise Unreachable(vendor="Prefect", operation=f"take the artifact {key}", fault=fault)


def change(artifact: UUID, markdown: str) -> None:
    """Give an artifact another text, so that there is one a run and not one a change. Raises Unreachable."""
    fault = ""
    try:
        with get_client(sync_client=True) as client:
            client.update_artifact(artifact, ArtifactUpdate(data=markdown))
    except (ObjectNotFound, ValueError, httpx.HTTPError, PrefectHTTPStatusError) as error:
        fault = type(error).__name__
    if fault:
        raise Unreachable(vendor="Prefect", operation="change an artifact", fault=fault)


def artifact_page(artifact: UUID) -> str:
    """The address of one artifact's page."""
    return f"{read_settings().prefect_ui_url}/artifacts/artifact/{artifact}"
