"""Tell late: what Slack did not take when it happened is sent again, each minute until it does."""

from __future__ import annotations

from prefect import task

from blocks.trading import clock
from tasks import policy, untold
from tasks.notify import Kind, tell

STEP = "tell late"


@task(name=STEP, **policy.HUMAN)
def tell_late() -> None:
    """Send what nobody was told, oldest first, until Slack does not take one. Raises LedgerError."""
    for row in untold.waiting():
        kept = row.context
        text = f"{kept['text']} (Told late: Slack did not take it at {clock(row.at)}.)"
        if not tell(kept["headline"], text, kept["footer"], kept["payload"], kind=Kind(kept["kind"]), keep=False):
            return
        untold.settle(row)
