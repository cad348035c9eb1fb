"""Whether a rotation is held because of the run that it has: then nothing is started before somebody starts it."""

from __future__ import annotations

from blocks.ledger.history import History
from blocks.ledger.row import Action, Row
from blocks.model.rotation import Rotation
from blocks.model.step import Step


def was_held_for(rotation: Rotation, history: History) -> bool:
    """Whether this very run is why it is held: then nobody is told every minute, and nothing is started.

    Somebody may have pressed Retry since: what that run did then is no less dead.
    """
    since = [
        row.action is Action.HELD and row.facts.step == Step.LOOK_AFTER for row in history.rows if _is_of(row, rotation)
    ]
    return bool(since) and since[-1]


def _is_of(row: Row, rotation: Rotation) -> bool:
    """Whether a row says why it is held by this run, or that a step of its run was done, or asked."""
    facts = row.facts
    if row.action is Action.HELD:
        return facts.run == rotation.flow_run_id
    return facts.step != Step.LOOK_AFTER and (facts.is_done or (facts.is_waiting and facts.run == rotation.flow_run_id))
