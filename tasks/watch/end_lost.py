"""End lost runs: those of watch and health that a worker took and never began.

Nothing is started for them: this run of watch does what a lost one would have, and health comes by its schedule.
"""

from __future__ import annotations

from prefect import task
from prefect.client.schemas.objects import StateType
from prefect.logging import get_run_logger

from blocks.prefect_api import beginning
from tasks.run import policy
from tasks.run.beginning import tell_lost

WATCH, HEALTH = "watch", "health"
# What is done in place of a lost run, by flow.
INSTEAD = {
    WATCH: "This run of watch does what it would have done, and the next one comes within a minute.",
    HEALTH: (
        "What it would have asked was not asked: the next run of the schedule asks (light every hour, full every "
        "night). `rekey health` asks now."
    ),
}


@task(name="end lost runs", **policy.HUMAN)
def end_lost() -> None:
    """People are told of those that a worker took: it is lost. Raises Unreachable."""
    for flow, instead in INSTEAD.items():
        tell_lost(flow, beginning.end_lost(flow, waits=StateType.PENDING), instead)
    # They heap up while no worker is there. The hourly one of health is wanted still.
    late = beginning.end_lost(WATCH, waits=StateType.SCHEDULED)
    if late:
        get_run_logger().warning(
            "%d runs of watch were not taken in time: this one does what they would have.", len(late)
        )
