"""One rotation of a credential at a time: the flow acts only while it holds the credential's lease.

A lease whose holder lives belongs to that run: this one says where it is, and changes nothing. One that is silent
belonged to a run whose process is dead; its rotation goes on here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.context import FlowRunContext
from prefect.logging import get_run_logger

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.lease import Lease, Seen, held
from blocks.settings import read_settings


@contextmanager
def one_at_a_time(credential: str) -> Iterator[None]:
    """Hold the lease of this credential meanwhile.

    Raises CatalogError for a credential that is not in the catalog, StepError when another run acts for it, LedgerError
    when the lease cannot be taken.
    """
    settings = read_settings()
    name = load_catalog(settings.catalog).get(credential).name
    lease = Lease(settings.ledger_url, name)
    earlier = lease.look()
    if earlier is not None:
        _demand_silence(lease, earlier, settings.lease_s)
    lease.take(this_run()[0], earlier)
    with held(lease, get_run_logger().warning, settings.lease_s):
        yield


def this_run() -> tuple[str, str]:
    """Id and name of the flow run. Raises StepError outside of one."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise StepError("A rotation runs inside a Prefect flow run.", "Start it from its deployment.")
    return str(context.flow_run.id), context.flow_run.name


def page_of(run_id: str) -> str:
    """The address of a run's page."""
    return f"{read_settings().prefect_ui_url}/runs/flow-run/{run_id}"


def _demand_silence(lease: Lease, earlier: Seen, lease_s: float) -> None:
    get_run_logger().info(
        "Another run holds the lease of %s (%s). Watching for up to %.0f s whether it lives.",
        lease.credential,
        page_of(earlier.flow_run_id),
        lease_s,
    )
    if not lease.is_silent(earlier, lease_s):
        raise StepError(
            f"{lease.credential} is in the hands of another run: {page_of(earlier.flow_run_id)}.",
            "Go on there; if that is one of watch, start again in a minute. This run changed nothing.",
        )
