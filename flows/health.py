"""Examine whether rotations would work. This is the procedure; each call is in ``tasks/``.

Changes no key and no consumer; records what it found, and tells people what changed. Scheduled every hour (light) and
every night (full); only such a run of a deployment starts what is due. Needs what ``rotate`` needs.
"""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner

from blocks.check import Depth
from blocks.prefect_api.block_cache import CACHE
from tasks.health.ask_shared import ALL, ask_shared, chosen, readable, unexamined
from tasks.health.examine import examine
from tasks.health.record import record_health
from tasks.health.report import ended, report_health
from tasks.health.start_due import start_due
from tasks.run.as_deployed import as_deployed, is_of_a_deployment

# So many credentials are examined at once; each asks its own questions at once, too.
AT_ONCE = ThreadPoolTaskRunner(max_workers=4)  # type: ignore[var-annotated]  # Prefect's own type says too little


@flow(name="health", persist_result=False, log_prints=False, task_runner=AT_ONCE)  # type: ignore[arg-type]  # its type says too little
def health(credential: str = ALL, depth: Depth = Depth.LIGHT) -> State[Any]:
    """Ask for each credential everything that a rotation would find out, and compare every copy with the vault.

    Args:
        credential: One name of the catalog, or "all".
        depth: "light" only reads; "full" also tries what a rotation will have to write, where no consumer reads.
    """
    as_deployed()
    # Each block once, not once a credential.
    with CACHE.afresh():
        checks = ask_shared(credential, depth)
        names = readable(credential, checks)
        if names:
            examined = examine.map(names, depth=depth)
            checks += [check for one in examined.result() for check in one]
        checks += unexamined(credential, checks)
        record_health(checks, depth)
    if is_of_a_deployment():
        start_due(chosen(credential))
    return ended(checks, report_health(checks))
