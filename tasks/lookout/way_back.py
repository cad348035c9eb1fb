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
from blocks.model.rotation import Rotation
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.ended import TAKEN_OVER
from blocks.prefect_api.issuers import called, words_of
from tasks.run import entries
from tasks.run.current import current_pair
from tasks.run.watched import proof_of_life

STOP_HERE = "stop here, trading goes on"
_TOO_LATE = "The rotation cannot be ended any more: the keys were regenerated, or may have been. Enter the new pair"


def is_open(rotation: Rotation) -> bool:
    """Whether it may be offered: nothing says that a key was regenerated. What cannot be read says nothing: then no."""
    if rotation.old_is_dead or rotation.accepted_before is not None:
        return False
    try:
        history = recording.history_of(rotation)
        if history.died_at or deaths.unsettled(recording.open_ledger(), rotation.credential.name):
            return False
        return not history.is_entered and entries.not_judged_yet(rotation) is None
    except RekeyError:
        return False


def why_not(rotation: Rotation) -> str | None:
    """Why trading cannot go on as if nothing had been touched; None when the old pair is proved to live."""
    if not is_open(rotation):
        return _too_late(rotation)
    try:
        pair = current_pair(rotation.credential)
        if rotation.old not in {"", pair.fingerprint}:
            return f"{_too_late(rotation)} The vault holds another pair than before: {pair.fingerprint}."
        answer = proof_of_life(rotation.credential, pair)
    except RekeyError as error:
        stays = "so trading stays stopped" if rotation.credential.brakes else "so the rotation stays open"
        return f"Whether the current pair still lives is unknown, {stays}: {error}"
    return None if answer is Answer.YES else _unproved(rotation, answer)


def _too_late(rotation: Rotation) -> str:
    return f"{_TOO_LATE}: trading goes on with that one only." if rotation.credential.brakes else f"{_TOO_LATE}."


def demand_a_choice(rotation: Rotation) -> None:
    """Whoever cancelled the run at its form may want to stop: raise Interrupted, once, before the pair is asked for."""
    shown = recording.history_of(rotation).forms.undecided
    run = shown.run if shown else ""
    if run in {"", rotation.flow_run_id} or not is_open(rotation):
        return
    ended = prefect_runs.ended(run)
    if ended.type is StateType.CANCELLED and ended.name != TAKEN_OVER:
        raise Interrupted(
            "The run before this one was cancelled in Prefect while its form asked for the new pair.",
            "Go on with 'retry this step', which shows that form again, or end the rotation while "
            f"{words_of(rotation.credential).nobody_has}.",
        )


def _unproved(rotation: Rotation, answer: Answer) -> str:
    name, clicked = called(rotation.credential), words_of(rotation.credential).clicked
    said = "refuses it" if answer is Answer.NO else "gives no clear answer"
    stays = " So trading stays stopped." if rotation.credential.brakes else ""
    return (
        f"Whether the current pair still lives is not proved: {name} {said}.{stays} If {clicked}, this form soon says "
        f"so; otherwise look at {name}'s status page, and choose again in a minute."
    )
