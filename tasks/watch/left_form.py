"""A rotation whose run left its form: it waits for a person, and watch does what the process did beside the form.

The brakes are looked after, the current pairs are asked, a form of which nobody was told is told, and one that waits
too long is said to be held. Nothing is started: whoever answers starts the same run again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from blocks.ledger.chapters import Shown
from blocks.ledger.history import History
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.leave import MESSAGE
from blocks.prefect_api.recording import NOTED
from tasks.lookout.lookout import STEP, Lookout
from tasks.person.tell_form import tell_left
from tasks.watch.keep_braked import keep_braked


def look_while_nobody_waits(rotation: Rotation, history: History) -> None:
    """Do once what the process would do beside its form. Raises LedgerError, and Unreachable without Prefect."""
    if rotation.brakes_began:
        keep_braked(rotation)
    newest = history.forms.newest
    if newest is None or not prefect_runs.settle(rotation.flow_run_id).is_left:
        return
    _note(rotation, history, newest)
    tell_left(rotation, history.forms)
    if newest.step != STEP:
        return
    checked = history.newest(Step.PREFLIGHT)
    # One that was dead before it began does not die now.
    known = replace(rotation, old_is_dead=checked is not None and checked.old_is_dead)
    with CACHE.afresh():
        Lookout(known, STEP).look_for_a_moment(is_due=_waits_too_long(rotation, history, newest))


def _note(rotation: Rotation, history: History, newest: Shown) -> None:
    """Its process notes that itself, unless it was killed right then."""
    if all(row.facts.form_left != newest.form for row in history.rows):
        facts = {"step": newest.step, "outcome": NOTED, "form_left": newest.form, "proofs": [MESSAGE]}
        recording.write(rotation, Action.STEP, facts)


def _waits_too_long(rotation: Rotation, history: History, newest: Shown) -> bool:
    """Whether its form has to be said to be held, which is said once a form."""
    is_said = any(row.action is Action.HELD and row.at > newest.at for row in history.rows)
    within = timedelta(minutes=rotation.credential.form_timeout_minutes)
    return not is_said and datetime.now(UTC) - newest.at > within
