"""Fall silent: a run that dies after watch looked at it is noticed at once, and not when watch comes again.

The run of watch stays for most of its minute and sees whether those that act for a rotation still count: noticing a
dead run is most of what a takeover takes. It asks the ledger one question a second, and nobody else anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from prefect.context import get_run_context
from prefect.exceptions import TerminationSignal
from prefect.logging import get_run_logger

from blocks.errors import LedgerError
from blocks.ledger import lease
from blocks.ledger.lease import Seen
from blocks.settings import Settings, read_settings
from tasks.watch.look_after import unfinished

POLL_S = 1.0
# What is counted of the time between two looks: a process that stood still longer than this saw nothing meanwhile.
MOST_S = 2.0
Held = tuple[str, Seen]


def falling_silent() -> Iterator[Held]:
    """Each credential with an open rotation, and its lease that nobody counted on for ``REKEY_LEASE_S``, once.

    Ends ``REKEY_WATCH_STAYS_S`` after this run began, or when its worker ends: all else is done by then. While the
    ledger does not answer nothing is seen, and whoever is silent is watched anew after that.
    """
    settings = read_settings()
    until, before = time.monotonic() + _left_s(settings), time.monotonic()
    silent_s, told = dict[Held, float](), set[Held]()
    while (now := time.monotonic()) < until:
        passed_s, before = min(now - before, MOST_S), now
        silent_s = _silent_s(settings, silent_s, passed_s)
        silent = {one for one, seconds in silent_s.items() if seconds >= settings.lease_s} - told
        dead = _with_rotations(silent)
        told |= silent if dead is not None else set()
        yield from dead or ()
        try:
            time.sleep(min(POLL_S, settings.lease_s / 2))
        except TerminationSignal:
            get_run_logger().info("The worker ends, and so does this look: the next run of watch goes on with it.")
            return


def _with_rotations(silent: set[Held]) -> list[Held] | None:
    """Those whose rotation is open; None while the ledger does not say so."""
    try:
        open_now = unfinished() if silent else []
    except LedgerError as error:
        get_run_logger().info("Nobody is looked at now. %s", error)
        return None
    return [one for one in silent if one[0] in open_now]


def _left_s(settings: Settings) -> float:
    """Of the time in which it stays. A clock that was put back meanwhile makes it no longer."""
    run_s = (datetime.now(UTC) - get_run_context().start_time).total_seconds()
    return settings.watch_stays_s - max(run_s, 0)


def _silent_s(settings: Settings, before: Mapping[Held, float], passed_s: float) -> dict[Held, float]:
    try:
        found = lease.every(settings.ledger_url).items()
    except LedgerError as error:
        get_run_logger().info("Nobody is looked at now. %s", error)
        return {}
    return {one: before[one] + passed_s if one in before else 0.0 for one in found}
