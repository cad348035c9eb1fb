"""End a dead run: Prefect shows a run as running, paused or pending for good when its process dies.

Whoever looks at Prefect then sees a run that nothing carries out. A Prefect that does not answer stops no brake, no row
and no alert of a rotation that goes on being looked after: its run is ended a minute later.
"""

from __future__ import annotations

from prefect.logging import get_run_logger

from blocks.errors import Unreachable
from blocks.ledger.history import History
from blocks.ledger.row import Action
from blocks.prefect_api import prefect_runs
from blocks.prefect_api.ended import TAKEN_OVER, Ended

CLOSED = "Its process is gone. Nothing was changed, so its rotation is over."
LEFT = "Its process is gone. Its rotation is not over: `rekey status` says where it stands and what helps."


def last_run(run: Ended, history: History) -> Ended:
    """How the newest run ended: one that watch started, and that was refused, is unknown to the ledger. Unreachable."""
    newest = next((row for row in reversed(history.rows) if row.action is Action.STARTED or row.facts.started), None)
    if newest is None or newest.action is Action.STARTED:
        return run
    return prefect_runs.ended(newest.facts.started.rpartition("/")[2])


def end_dead(run_id: str, run: Ended, message: str = LEFT) -> None:
    """Let Prefect show that run as ended, with this message. Never raises: see ``demand_end``."""
    try:
        demand_end(run_id, run, message)
    except Unreachable as error:
        get_run_logger().warning("%s", error)


def demand_end(run_id: str, run: Ended, message: str) -> None:
    """Let Prefect show that run as ended; one that is over stays as it is. Raises Unreachable.

    One that somebody cancelled stays cancelled: only its process, which was to end it, is gone.
    """
    name = prefect_runs.CANCELLED if run.is_cancelled else TAKEN_OVER
    prefect_runs.end(run_id, message, name=name)
