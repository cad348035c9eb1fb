"""End lost runs: those of watch and health that a worker took and never began. Others do what they would have done."""

from __future__ import annotations

from prefect import task
from prefect.client.schemas.objects import StateType
from prefect.logging import get_run_logger

from blocks.prefect_api import beginning
from tasks.run import policy
from tasks.run.beginning import tell_lost

WATCH, HEALTH = "watch", "health"


@task(name="end lost runs", **policy.HUMAN)
def end_lost() -> None:
    """People are told of those that a worker took: it is lost. Raises Unreachable."""
    for flow in (WATCH, HEALTH):
        tell_lost(flow, beginning.end_lost(flow, waits=StateType.PENDING))
    # They heap up while no worker is there. The hourly one of health is wanted still.
    late = beginning.end_lost(WATCH, waits=StateType.SCHEDULED)
    if late:
        get_run_logger().warning(
            "%d runs of watch were not taken in time: this one does what they would have.", len(late)
        )
