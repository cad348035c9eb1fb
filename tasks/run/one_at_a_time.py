"""One rotation of a credential at a time: the flow acts only while it holds the credential's lease.

A lease whose holder lives belongs to that run: this one says where it is, and changes nothing. One that is silent
belonged to a run whose process is dead, and one whose run is over for Prefect belongs to a process that nobody can
reach; its rotation goes on here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.context import FlowRunContext
from prefect.logging import get_run_logger

from blocks.errors import StepError
from blocks.ledger.lease import BEATS, Lease, Seen, held
from blocks.prefect_api import prefect_runs
from blocks.prefect_api.recording import open_ledger
from blocks.settings import read_settings
from tasks.run.entry import entry_of

# How long a run that is started again waits for watch, which looks after its rotation meanwhile; and between two looks.
LET_GO_S, LOOK_AGAIN_S = 60.0, 0.5


@contextmanager
def one_at_a_time(credential: str) -> Iterator[None]:
    """Hold the lease of this credential meanwhile.

    Raises CatalogError for a credential that is not in the catalog, or is disabled and has no open rotation; StepError
    when another run acts for it, LedgerError when the lease cannot be taken.
    """
    settings = read_settings()
    name = entry_of(credential).name
    lease = Lease(settings.ledger_url, name)
    earlier = lease.look()
    if earlier is not None and _is_begun_again(name):
        # Watch looks after a rotation whose run left its form, for moments only.
        earlier = _let_go(lease, earlier)
    if earlier is not None:
        earlier = _silent_or_left(lease, earlier, settings.lease_s)
    lease.take(this_run()[0], earlier)
    with held(lease, get_run_logger().warning, settings.lease_s):
        yield


def _is_begun_again(credential: str) -> bool:
    """Whether this very run acted last for the rotation that is open: it left its form, or was retried."""
    start = open_ledger().open_start(credential)
    return start is not None and start.facts.flow_run_id == this_run()[0]


def _let_go(lease: Lease, earlier: Seen) -> Seen | None:
    """The lease once its holder gave it back, or as it is when that lasted too long."""
    until = time.monotonic() + LET_GO_S
    now: Seen | None = earlier
    while now is not None and now.holder == earlier.holder and time.monotonic() < until:
        time.sleep(LOOK_AGAIN_S)
        now = lease.look()
    return now


def this_run() -> tuple[str, str]:
    """Id and name of the flow run. Raises StepError outside of one."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise StepError("A rotation runs inside a Prefect flow run.", "Start it from its deployment.")
    return str(context.flow_run.id), context.flow_run.name


def page_of(run_id: str) -> str:
    """The address of a run's page."""
    return f"{read_settings().prefect_ui_url}/runs/flow-run/{run_id}"


def is_left(lease: Lease, seen: Seen, patience_s: float) -> bool:
    """Whether the run that holds the lease is over for Prefect, and its process lives on all that time.

    Nobody can answer its form any more, and nobody else ends it: its worker is lost, or it hangs. Another run may take
    the lease then; the process loses it, and changes nothing after that. Raises LedgerError, and Unreachable.
    """
    until = time.monotonic() + patience_s
    while prefect_runs.ended(seen.flow_run_id).is_over:
        now = lease.look()
        if now is None or now.holder != seen.holder:
            return False
        if time.monotonic() > until:
            return True
        time.sleep(patience_s / BEATS)
    return False


def _silent_or_left(lease: Lease, earlier: Seen, lease_s: float) -> Seen | None:
    """The lease as it is now, if it may be taken. Raises StepError when another run acts for the credential."""
    get_run_logger().info(
        "Another run holds the lease of %s (%s). Watching for up to %.0f s whether it lives.",
        lease.credential,
        page_of(earlier.flow_run_id),
        lease_s,
    )
    may_be_taken = lease.is_silent(earlier, lease_s) or is_left(lease, earlier, lease_s)
    now = lease.look()
    if may_be_taken and (now is None or now.holder == earlier.holder):
        return now
    raise StepError(
        f"{lease.credential} is in the hands of another run: {page_of(earlier.flow_run_id)}.",
        "Go on there; if that is one of watch, start again in a minute. This run changed nothing.",
    )
