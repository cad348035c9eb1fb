"""Watch ended well: for `rekey metrics`, and whoever else watches watch without asking Prefect."""

from __future__ import annotations

from prefect import task

from blocks.ledger import heartbeat
from blocks.settings import read_settings
from tasks.run import policy
from tasks.run.one_at_a_time import this_run


@task(name="ended well", **policy.STEP)
def ended_well() -> None:
    """Raises LedgerError."""
    heartbeat.beat(read_settings().ledger_url, heartbeat.WATCH, this_run()[0])
