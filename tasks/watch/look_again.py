"""Look again: a run that dies right after watch looked at it is not left until watch comes again in a minute.

Only while a run acts for a rotation, or left its lease behind, does the run of watch stay for that. It halves the time
in which nobody notices a dead run, which is most of what a takeover takes.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from prefect.context import get_run_context

from blocks.ledger.lease import Lease
from blocks.settings import read_settings
from tasks.watch.look_after import unfinished

# How often it is asked whether any acts still: a run of watch does not outlast what it waits for by more.
POLL_S = 1.0


def acted_for_a_little_later() -> list[str]:
    """The credentials with an open rotation and a lease of its run, ``REKEY_WATCH_AGAIN_S`` after this run began.

    None at once when there is none, or when that time is over already. Raises LedgerError.
    """
    left_s = read_settings().watch_again_s - (datetime.now(UTC) - get_run_context().start_time).total_seconds()
    until = time.monotonic() + left_s
    found = _acted_for() if left_s > 0 else []
    while found and (left_s := until - time.monotonic()) > 0:
        time.sleep(min(POLL_S, left_s))
        found = _acted_for()
    return found


def _acted_for() -> list[str]:
    url = read_settings().ledger_url
    return [name for name in unfinished() if Lease(url, name).look() is not None]
