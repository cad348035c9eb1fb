"""End lost runs: those that a worker took and never began.

Nothing is started for them: this run of watch does what a lost one would have, health comes by its schedule, and of a
rotation that never began nothing was changed. One that had begun is looked after otherwise.
"""

from __future__ import annotations

from prefect import task
from prefect.client.schemas.objects import StateType
from prefect.logging import get_run_logger

from blocks.prefect_api import beginning
from tasks.run import policy
from tasks.run.beginning import ROTATION, tell_lost
from tasks.watch.look_after import unfinished

WATCH, HEALTH = "watch", "health"
# What is done in place of a lost run, by flow.
INSTEAD = {
    WATCH: "This run of watch does what it would have done, and the next one comes within a minute.",
    HEALTH: (
        "What it would have asked was not asked: the next run of the schedule asks (light every hour, full every "
        "night). `rekey health` asks now."
    ),
}

START_AGAIN = "Nothing was changed. Start it again."


@task(name="end lost runs", **policy.HUMAN)
def end_lost() -> None:
    """People are told of those that a worker took: it is lost. Raises LedgerError, and Unreachable."""
    for flow, instead in INSTEAD.items():
        tell_lost(flow, beginning.end_lost(flow, waits=StateType.PENDING), instead)
    for credential, run in beginning.end_lost_rotations(but=unfinished()):
        tell_lost(ROTATION.format(name=credential), (run,), START_AGAIN)
    # They heap up while no worker is there. The hourly one of health is wanted still.
    late = beginning.end_lost(WATCH, waits=StateType.SCHEDULED)
    if late:
        get_run_logger().warning(
            "%d runs of watch were not taken in time: this one does what they would have.", len(late)
        )
