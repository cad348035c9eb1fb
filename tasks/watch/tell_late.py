"""Tell late: what was not taken when it happened is sent again, each minute until it is."""

from __future__ import annotations

from prefect import task

from blocks.ledger.trading import clock
from tasks.run import policy, untold
from tasks.run.notify import Kind, medium, tell

STEP = "tell late"
# One message that is never taken must not keep the others from people; but watch does not wait for each while it is
# away.
MOST_NOT_TAKEN = 3


@task(name=STEP, **policy.HUMAN)
def tell_late() -> None:
    """Send what nobody was told, oldest first, until several in a row are not taken. Raises LedgerError."""
    not_taken = 0
    for row in untold.waiting():
        kept = row.facts
        text = f"{kept.text} (Told late: {medium()} did not take it at {clock(row.at)}.)"
        if tell(kept.headline, text, kept.footer, kept.payload or {}, kind=Kind(kept.message_kind), keep=False):
            untold.settle(row)
            not_taken = 0
            continue
        not_taken += 1
        if not_taken == MOST_NOT_TAKEN:
            return
