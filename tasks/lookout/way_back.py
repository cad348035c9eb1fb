"""The way back: while nobody clicked Regenerate the rotation can be ended, and trading goes on with the old pair.

Nothing but a proof opens it: nothing was entered, no death was noticed but those that were taken back, and its issuer
accepts the old pair several times in a row while it refuses a made-up one. Unknown is no proof, so trading stays
stopped then.
"""

from __future__ import annotations

from prefect.client.schemas.objects import StateType

from blocks.answer import Answer
from blocks.errors import Interrupted, RekeyError
from blocks.ledger import deaths
from blocks.ledger.ledger import Row
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.issuers import called
from blocks.prefect_api.recording import DONE, WAITING
from tasks.run import entries, outage
from tasks.run.current import current_pair
from tasks.run.watched import proof_of_life

STOP_HERE = "stop here, trading goes on"
_TOO_LATE = (
    "The rotation cannot be ended any more: the keys were regenerated, or may have been. Enter the new pair: trading "
    "goes on with that one only."
)


def is_open(rotation: Rotation) -> bool:
    """Whether it may be offered: nothing says that a key was regenerated. What cannot be read says nothing: then no."""
    if rotation.old_is_dead or rotation.accepted_before is not None:
        return False
    try:
        ledger = recording.open_ledger()
        rows = ledger.rows(rotation=rotation.id)
        if outage.died_at(rows) or deaths.unsettled(ledger, rotation.credential.name):
            return False
        return not any(_entered(row) for row in rows) and entries.not_judged_yet(rotation) is None
    except RekeyError:
        return False


def why_not(rotation: Rotation) -> str | None:
    """Why trading cannot go on as if nothing had been touched; None when the old pair is proved to live."""
    if not is_open(rotation):
        return _TOO_LATE
    try:
        pair = current_pair(rotation.credential)
        if rotation.old not in {"", pair.fingerprint}:
            return f"{_TOO_LATE} The vault holds another pair than before: {pair.fingerprint}."
        answer = proof_of_life(rotation.credential, pair)
    except RekeyError as error:
        return f"Whether the current pair still lives is unknown, so trading stays stopped: {error}"
    return None if answer is Answer.YES else _unproved(called(rotation.credential), answer)


def demand_a_choice(rotation: Rotation) -> None:
    """Whoever cancelled the run at its form may want to stop: raise Interrupted, once, before the pair is asked for."""
    shown: Row | None = None
    for row in recording.open_ledger().rows(rotation=rotation.id):
        if row.context.get("step") == Step.AWAIT_HUMAN_INPUT and row.context.get("outcome") == WAITING:
            shown = row
        elif row.context.get("step") == Step.HOLD and row.context.get("outcome") == DONE:
            # Somebody decided since then.
            shown = None
    run = str(shown.context.get("run", "")) if shown else ""
    if run in {"", rotation.flow_run_id} or not is_open(rotation):
        return
    ended = prefect_runs.ended(run)
    if ended.type is StateType.CANCELLED and ended.name != prefect_runs.TAKEN_OVER:
        raise Interrupted(
            "The run before this one was cancelled in Prefect while its form asked for the new pair.",
            "Go on with 'retry this step', which shows that form again, or end the rotation while nobody has clicked "
            "Regenerate.",
        )


def _entered(row: Row) -> bool:
    return row.context.get("step") == Step.AWAIT_HUMAN_INPUT and row.context.get("outcome") == DONE


def _unproved(name: str, answer: Answer) -> str:
    said = "refuses it" if answer is Answer.NO else "gives no clear answer"
    return (
        f"Whether the current pair still lives is not proved: {name} {said}. So trading stays stopped. If Regenerate "
        f"was clicked, this form soon says so; otherwise look at {name}'s status page, and choose again in a minute."
    )
