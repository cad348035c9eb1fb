"""A rotation whose run left its form: it waits for a person, and watch does what the process did beside the form.

The brakes are looked after, the current pairs are asked, a form of which nobody was told is told, and one that waits
too long is said to be held. Nothing is started: whoever answers starts the same run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.client.schemas.objects import StateType
from prefect.logging import get_run_logger

from blocks.catalog import load_catalog
from blocks.ledger import deaths, history
from blocks.ledger.chapters import Shown
from blocks.ledger.history import History
from blocks.ledger.lease import Lease, held
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import beginning, prefect_runs, recording
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.ended import Ended
from blocks.prefect_api.leave import MESSAGE, begin_again, still_waits
from blocks.prefect_api.recording import NOTED
from blocks.settings import read_settings
from tasks.lookout.lookout import STEP, Lookout
from tasks.person.tell_form import tell_left
from tasks.run import claim, policy, submissions
from tasks.run.beginning import is_due
from tasks.run.one_at_a_time import this_run
from tasks.watch.keep_braked import keep_braked


def look_while_nobody_waits(rotation: Rotation, known: History) -> None:
    """Do what the process would do beside its form, but for the pairs. Raises LedgerError, and Unreachable."""
    if rotation.brakes_began:
        keep_braked(rotation)
    newest = known.forms.newest
    if newest is None or not _is_settled(rotation, known, newest):
        return
    tell_left(rotation, known.forms)
    if newest.step == STEP and _waits_too_long(rotation, known, newest):
        Lookout(rotation, STEP).say_held()


def waits(run: Ended, known: History) -> bool:
    """Whether its newest form waits without a process. An older one was answered: its run was suspended since."""
    newest = known.forms.newest
    return newest is not None and run.left_form == newest.form and known.is_open(newest)


def waits_or_begins_again(run: Ended, known: History) -> bool:
    """Whether its form waits without a process, or was answered so that a worker is to begin its run again."""
    newest = known.forms.newest
    return waits(run, known) or (run.begins_again and newest is not None and _is_left(known, newest))


def begins_by_itself(rotation: Rotation, run: Ended, known: History) -> bool:
    """Whether a worker is to begin its run again soon, so that no other run has to. Raises Unreachable.

    Somebody retried it, its pod was asked to end, or its form was answered in the moment in which it was left. One
    whose form was answered later is waited for otherwise: people are told when no worker comes.
    """
    if run.begins_again and not waits_or_begins_again(run, known):
        return beginning.is_soon(rotation.flow_run_id)
    return is_begun_again(rotation, run, known)


def is_begun_again(rotation: Rotation, run: Ended, known: History) -> bool:
    """Whether its form was answered in the moment in which it was left, and a worker is to begin its run now.

    Prefect says then that the run goes on, which no process does. Raises Unreachable.
    """
    newest = known.forms.newest
    if newest is None or run.type is not StateType.RUNNING or newest.run != rotation.flow_run_id:
        return False
    is_unread = _is_left(known, newest) and newest.form not in known.forms.read
    if not is_unread or submissions.values(newest.run, newest.form) is None:
        return False
    return begin_again(newest.run, newest.form)


def is_begun_soon(rotation: Rotation) -> bool:
    """Whether a worker is to begin it, or has just begun. Raises Unreachable."""
    return is_due(rotation.credential.name) or prefect_runs.ended(rotation.flow_run_id).type is StateType.RUNNING


def left_ones() -> dict[str, History]:
    """The rotations that wait for the new pair without a process, by credential, as watch noted it. LedgerError."""
    settings, ledger = read_settings(), recording.open_ledger()
    names = load_catalog(settings.catalog).credential
    known = {
        row.credential: history.of(ledger, row.rotation) for row in ledger.open_starts() if row.credential in names
    }
    return {
        name: one
        for name, one in known.items()
        if one.forms.newest is not None and one.forms.newest.step == STEP and _is_noted(one, one.forms.newest)
    }


def beside(doubted: Sequence[str]) -> Iterator[str]:
    """The credentials of those at whose forms has to be looked closely, while these are in doubt. Raises LedgerError.

    A death that is news may be a mistake at any of the forms, until it was told at one.
    """
    left, ledger = left_ones(), recording.open_ledger()
    others = [one for one in doubted if one not in left]
    for name in left:
        if name in doubted or not all(deaths.unsettled(ledger, one) for one in others):
            yield name


@task(name="look beside a form without a process", task_run_name="look beside the form of {name}", **policy.HUMAN)
def look_beside(name: str) -> None:
    """Find out whether the pair died that is being rotated, or another one by mistake. Raises LedgerError.

    A run that acts for it by now looks by itself.
    """
    settings = read_settings()
    lease = Lease(settings.ledger_url, load_catalog(settings.catalog).get(name, is_open=True).name)
    if lease.look() is not None:
        return
    lease.take(this_run()[0], None)
    with held(lease, get_run_logger().warning, settings.lease_s), CACHE.afresh():
        rotation = claim.unfinished_of(load_catalog(settings.catalog).get(name, is_open=True))
        if rotation is None:
            return
        checked = recording.history_of(rotation).newest(Step.PREFLIGHT)
        # One that was dead before it began does not die now.
        known = replace(rotation, old_is_dead=checked is not None and checked.old_is_dead)
        Lookout(known, STEP).look_for_a_moment()


def _is_settled(rotation: Rotation, known: History, newest: Shown) -> bool:
    """Whether it waits still. What its leaving may have overwritten is looked for once: nothing else can follow."""
    if _is_noted(known, newest):
        return True
    if not still_waits(rotation.flow_run_id):
        return False
    facts = {"step": Step.LOOK_AFTER, "outcome": NOTED, "form_left": newest.form, "proofs": [MESSAGE]}
    recording.write(rotation, Action.STEP, facts)
    return True


def _is_left(known: History, newest: Shown) -> bool:
    return any(row.facts.form_left == newest.form for row in known.rows)


def _is_noted(known: History, newest: Shown) -> bool:
    left = (row.facts for row in known.rows if row.facts.form_left)
    return any(one.form_left == newest.form and one.step == Step.LOOK_AFTER for one in left)


def _waits_too_long(rotation: Rotation, known: History, newest: Shown) -> bool:
    """Whether its form has to be said to be held, which is said once a form."""
    is_said = any(row.action is Action.HELD and row.at > newest.at for row in known.rows)
    within = timedelta(minutes=rotation.credential.form_timeout_minutes)
    return not is_said and datetime.now(UTC) - newest.at > within
