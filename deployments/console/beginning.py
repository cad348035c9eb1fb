"""How a run is that somebody started on the console, before the ledger has anything of it."""

from __future__ import annotations

import re

from blocks.errors import RekeyError
from blocks.ledger.trading import lasted
from blocks.settings import WORK_POOL
from deployments.local.ask_prefect import DELETED, Prefect

BEGINNING = frozenset({"SCHEDULED", "PENDING", "RUNNING", "PAUSED"})
# A worker asks every few seconds.
LATE_S = 40.0
# How Prefect begins what it says of a run that raised something (3.8.8).
_RAISED = re.compile(r"^Flow run encountered an exception: (?:[\w.]+: )?")


def told(name: str, run: str) -> tuple[str, str]:
    """A heading, and what to do."""
    try:
        with Prefect() as prefect:
            state, why = prefect.state_and_why(run)
            late_s = prefect.late_s(run) if state == "SCHEDULED" else 0.0
    except RekeyError as error:
        return f"{name}: whether its run began is unknown", str(error)
    if late_s > LATE_S:
        heading = f"{name}: no worker has taken its run for {lasted(late_s)}"
        return (
            heading,
            f"Start a worker (`prefect worker start --pool {WORK_POOL}`). Nothing was changed yet; it begins then.",
        )
    if state in BEGINNING:
        return f"{name}: starting", "Nothing to do: this page goes on by itself as soon as the run checks everything."
    heading = f"{name}: the run is {state.lower()}, and no rotation began"
    if state == DELETED:
        return heading, "Prefect does not know it any more. Start again."
    why = _RAISED.sub("", why).strip()
    return heading, f"{why} Mend that, then start again." if why else "Read why on its page, then start again."
