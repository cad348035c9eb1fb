"""Tells that a rotation could not begin when no person started it: nobody looks at the page of its run."""

from __future__ import annotations

import re
from itertools import islice

from prefect.context import FlowRunContext

from blocks.errors import LedgerError, RekeyError
from blocks.ledger.row import ENDINGS, Action
from blocks.model.rotation import Rotation
from blocks.prefect_api import prefect_runs, recording
from tasks.run.notify import notify


def tell_not_begun(rotation: Rotation, problem: RekeyError) -> None:
    """Tell people, once for the same reason: what is due is started again every hour. Never raises."""
    if not _started_by_itself() or not _is_news(rotation):
        return
    notify(
        rotation,
        f"{rotation.credential.name}: its rotation did not begin",
        f"rekey started it by itself, and it ended before anybody was asked. {problem}",
    )


def _started_by_itself() -> bool:
    """Whether rekey or a schedule of Prefect's made this run, and no person."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run is not None and (run.auto_scheduled or prefect_runs.BY_ITSELF in run.tags)


def _is_news(rotation: Rotation) -> bool:
    """Whether the rotation before this one ended in another way. Unknown is told once too often."""
    try:
        newest = recording.open_ledger().backwards(credential=rotation.credential.name, actions=ENDINGS)
        ends = list(islice(newest, 2))
    except LedgerError:
        return True
    # Each answer of a vendor has a request number of its own.
    reasons = {re.sub(r"request \S+", "", row.facts.reason) for row in ends}
    return len(ends) < 2 or len(reasons) > 1 or any(row.action is Action.COMPLETED for row in ends)
