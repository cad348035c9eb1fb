"""A step takes longer than its own bound: people are told, once, by the run itself or by watch. Nothing ends by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from blocks.doing import Doing
from blocks.ledger.history import History
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED
from tasks.person.tell_end import trading
from tasks.run.notify import notify

STEP = Step.SLOW_STEP
MINUTE_S = 60


def tell_of_slow(now: Sequence[Doing]) -> None:
    """Of the steps that this run does now. Raises LedgerError after people were told."""
    for one in now:
        if not one.told and one.seconds > _bound_s(one.rotation):
            one.told = True
            _tell(one.rotation, f"{one.step} {one.subject or ''}".strip())


def tell_of_silence(rotation: Rotation, history: History) -> None:
    """Of a run that lives, waits for nobody and has written nothing for that long: its own thread may stand still, too.

    Raises LedgerError after people were told.
    """
    # What is noted in between, also while a form waits, is no step.
    is_told = False
    for row in reversed(history.rows):
        if row.action in {Action.STARTED, Action.STEP} and not row.facts.is_noted:
            break
        is_told = is_told or row.facts.slow is not None
    else:
        return
    if row.facts.is_waiting or is_told:
        return
    if (datetime.now(UTC) - row.at).total_seconds() > _bound_s(rotation) + MINUTE_S:
        _tell(rotation, f"the step after {row.facts.step or 'its start'}")


def _bound_s(rotation: Rotation) -> float:
    return rotation.credential.step_timeout_minutes * MINUTE_S


def _tell(rotation: Rotation, step: str) -> None:
    name, minutes = rotation.credential.name, rotation.credential.step_timeout_minutes
    told = (
        f"{step} takes longer than {minutes} min. Nothing is lost, and it may end well still: read the run's log for "
        "what it waits for."
    )
    notify(rotation, f"{name}: a step takes long", f"{told} {trading(rotation)}".strip())
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, "slow": step, "proofs": [told]})
