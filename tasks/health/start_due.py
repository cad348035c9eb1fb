"""Start what is due: on the due date a rotation waits for the operator, where the catalog asks for that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import task
from prefect.logging import get_run_logger

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.ledger import cadence
from blocks.model.rotation import Reason
from blocks.prefect_api import prefect_runs, recording
from blocks.settings import read_settings
from tasks.run import policy
from tasks.run.beginning import is_due


@task(name="start what is due", **policy.STEP)
def start_due(names: Sequence[str]) -> None:
    """Start the rotation of each credential that is due and says so, unless one is open or about to begin.

    None while the catalog cannot be read as it is: what was read before does not say what is to begin now.

    Raises LedgerError, and Unreachable while Prefect does not answer.
    """
    ledger, now = recording.open_ledger(), datetime.now(UTC)
    try:
        catalog = load_catalog(read_settings().catalog, as_it_is=True)
    except CatalogError as error:
        # The check of the catalog tells people.
        get_run_logger().warning("Nothing that is due is started: %s", error)
        return
    for name in names:
        credential = catalog.get(name)
        if not credential.start_when_due or ledger.open_start(name) is not None:
            continue
        if not cadence.age_of(credential, ledger).is_overdue(now):
            continue
        if not is_due(name):
            run = prefect_runs.start_rotation(name, Reason.SCHEDULED)
            get_run_logger().info("%s is due: its rotation waits for a person in %s", name, run)
