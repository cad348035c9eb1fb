"""Only one: a scheduled flow does nothing while another run of it lives.

By a lease, and not by Prefect's concurrency limit of a deployment: the run of a worker that died keeps its slot for
five minutes there (3.8.8), in which every new run would be cancelled, just when it is needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging import get_run_logger

from blocks.errors import LeaseLost, Unreachable
from blocks.ledger.lease import Lease, held
from blocks.prefect_api import prefect_runs
from blocks.settings import read_settings
from tasks.run.counting import keep_counts
from tasks.run.one_at_a_time import page_of, this_run

# A worker that dies takes its runs along, and Prefect would show this one as running for good.
GONE = "Its process is gone. The next run of the schedule does what it would have done."


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Whether this is the only run of that name; meanwhile it stays so. Raises LedgerError.

    One that is about to end is waited for, as long as for one that is dead.
    """
    settings = read_settings()
    lease = Lease(settings.ledger_url, name)
    until, seen = time.monotonic() + settings.lease_s, lease.look()
    while seen is not None and not lease.is_silent(seen, settings.lease_s):
        if time.monotonic() > until:
            get_run_logger().info("Another run lives: %s", page_of(seen.flow_run_id))
            yield False
            return
        seen = lease.look()
    try:
        lease.take(this_run()[0], seen)
    except LeaseLost:
        get_run_logger().info("Another run began at the same moment.")
        yield False
        return
    with held(lease, get_run_logger().warning, settings.lease_s):
        if seen is not None:
            _end(seen.flow_run_id)
        try:
            yield True
        finally:
            keep_counts()


def _end(run_id: str) -> None:
    try:
        prefect_runs.end(run_id, GONE)
    except Unreachable as error:
        get_run_logger().warning("%s", error)
