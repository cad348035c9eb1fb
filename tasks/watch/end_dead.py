"""End a dead run: Prefect shows a run as running, paused or pending for good when its process dies.

Whoever looks at Prefect then sees a run that nothing carries out. A Prefect that does not answer stops no brake, no row
and no alert of a rotation that goes on being looked after: its run is ended a minute later.
"""

from __future__ import annotations

from prefect.logging import get_run_logger

from blocks.errors import Unreachable
from blocks.prefect_api import prefect_runs
from blocks.prefect_api.prefect_runs import Ended

CLOSED = "Its process is gone. Nothing was changed, so its rotation is over."
LEFT = "Its process is gone. Its rotation is not over: `rekey status` says where it stands and what helps."


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
    name = prefect_runs.CANCELLED if run.is_cancelled else prefect_runs.TAKEN_OVER
    prefect_runs.end(run_id, message, name=name)
