"""Fall silent: a run that dies after watch looked at it is noticed at once, and not when watch comes again.

The run of watch stays for most of its minute and sees whether those that act for a rotation still count: noticing a
dead run is most of what a takeover takes. It asks the ledger one question a second, and nobody else anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from prefect.context import get_run_context

from blocks.ledger import lease
from blocks.ledger.lease import Seen
from blocks.settings import read_settings
from tasks.watch.look_after import unfinished

POLL_S = 1.0


def falling_silent() -> Iterator[tuple[str, Seen]]:
    """Each credential with an open rotation, and its lease that nobody counted on for ``REKEY_LEASE_S``, once.

    Ends ``REKEY_WATCH_STAYS_S`` after this run began. Raises LedgerError.
    """
    settings = read_settings()
    stays_s = settings.watch_stays_s - (datetime.now(UTC) - get_run_context().start_time).total_seconds()
    until, since = time.monotonic() + stays_s, dict[tuple[str, Seen], float]()
    told = set[tuple[str, Seen]]()
    while (now := time.monotonic()) < until:
        since = {one: since.get(one, now) for one in lease.every(settings.ledger_url).items()}
        silent = {one for one in since if now - since[one] >= settings.lease_s} - told
        told |= silent
        open_now = unfinished() if silent else []
        yield from (one for one in silent if one[0] in open_now)
        time.sleep(min(POLL_S, settings.lease_s / 2))
