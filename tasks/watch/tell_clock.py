"""Tell clock: people hear once when this worker's clock is wrong, in either direction, and once when it is right again.

A wrong one stops nothing: no lease, no proof and no run that waits for its worker depends on it.
"""

from __future__ import annotations

import platform
from datetime import UTC, datetime

from prefect import task
from prefect.logging import get_run_logger

from blocks.ledger import clocks
from blocks.ledger.clocks import Noted
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import SHARED, Action
from blocks.model.step import Step
from blocks.prefect_api import prefect_clock, recording
from blocks.prefect_api.recording import NOTED
from tasks.run import policy
from tasks.run.notify import Kind, tell
from tasks.run.one_at_a_time import page_of, this_run


@task(name="tell of a wrong clock", **policy.HUMAN)
def tell_clock() -> None:
    """Ask Prefect's server what time it is, and write down what changed. Raises Unreachable, and LedgerError.

    While the server does not say, what was found before stays.
    """
    ahead = prefect_clock.ahead()
    if ahead is None:
        get_run_logger().warning("Prefect's server does not say what time it is: whether clocks differ is unknown.")
        return
    now = Noted(platform.node(), ahead, datetime.now(UTC))
    before = clocks.noted(recording.open_ledger()).get(now.machine)
    was_wrong = before is not None and before.is_wrong
    is_wrong = abs(ahead) > (clocks.RIGHT_AGAIN if was_wrong else clocks.DIFFER)
    if is_wrong == was_wrong:
        return
    told = f"{now} {clocks.HELPS}" if is_wrong else f"The clock of the worker on {now.machine} is right again."
    run_id, run_name = this_run()
    facts = {"step": Step.CLOCKS, "outcome": NOTED, "machine": now.machine, "proofs": [told]}
    recording.open_ledger().append(
        Action.STEP,
        rotation="",
        credential=SHARED,
        actor=rekey_in(run_name),
        context={**facts, "ahead_s": ahead.total_seconds()},
    )
    headline = "A worker's clock is wrong" if is_wrong else "A worker's clock is right again"
    kind = Kind.ALARM if is_wrong else Kind.NEWS
    tell(headline, told, f"Found by watch: {page_of(run_id)}", {"machine": now.machine}, kind=kind)
