"""Fall silent: a run that dies after watch looked at it is noticed at once, and not when watch comes again.

While a run acts for a rotation, the run of watch stays for most of its minute and sees whether that one still counts.
Noticing a dead run is most of what a takeover takes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from prefect.context import get_run_context

from blocks.ledger.lease import Lease, Seen
from blocks.settings import Settings, read_settings
from tasks.watch.look_after import unfinished

POLL_S = 1.0


def falling_silent() -> Iterator[tuple[str, Seen]]:
    """Each credential, and its lease that nobody counted on for ``REKEY_LEASE_S``, as soon as that is so.

    Ends ``REKEY_WATCH_STAYS_S`` after this run began, or when no run acts for a rotation. Raises LedgerError.
    """
    settings = read_settings()
    stays_s = settings.watch_stays_s - (datetime.now(UTC) - get_run_context().start_time).total_seconds()
    until, since = time.monotonic() + stays_s, dict[tuple[str, Seen], float]()
    while time.monotonic() < until and (leases := _held(settings)):
        now = time.monotonic()
        since = {one: since.get(one, now) for one in leases}
        for one in leases:
            if now - since[one] >= settings.lease_s:
                yield one
                # Whatever was done about it: it is not done again within this minute.
                since[one] = until
        time.sleep(min(POLL_S, settings.lease_s / 2))


def _held(settings: Settings) -> list[tuple[str, Seen]]:
    found = ((name, Lease(settings.ledger_url, name).look()) for name in unfinished())
    return [(name, seen) for name, seen in found if seen is not None]
