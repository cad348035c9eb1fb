"""Look after: an unfinished rotation whose run is dead is told, and started again where nobody has to decide.

Looks first at the lease: a run that lives is left alone. What happens then depends on how the run ended. The worker
was restarted, the process killed, Prefect away: the rotation is started again, and goes on where it stood. Somebody
cancelled the run: the brakes are looked at, and the rotation is held until somebody starts it. The operator stopped it:
people are reminded, and the brakes are looked after. Nothing was changed yet: the rotation is closed, and started anew
when its pair is dead already; or it goes on, when somebody stands behind its plan, which is to be approved. The page of
the dead run says so, too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.logging import get_run_logger

from blocks import correlation
from blocks.catalog import load_catalog
from blocks.errors import Unreachable
from blocks.ledger.facts import Facts
from blocks.ledger.history import History
from blocks.ledger.lease import Lease, Seen, held
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.ended import Ended
from blocks.prefect_api.recording import NOTED
from blocks.proofs import Record
from blocks.settings import read_settings
from tasks.brakes import brakes
from tasks.lookout.slow_step import tell_of_silence
from tasks.person.tell_end import trading
from tasks.person.tell_form import tell_left
from tasks.run import claim, policy
from tasks.run.beginning import is_due
from tasks.run.notify import notify
from tasks.run.one_at_a_time import is_left, this_run
from tasks.watch import page_of_a_dead_run
from tasks.watch.close_dead import ANOTHER_RUN, MOST_STARTS, WITHIN, close
from tasks.watch.end_dead import end_dead, last_run
from tasks.watch.held_for import was_held_for
from tasks.watch.keep_braked import keep_braked
from tasks.watch.left_form import (
    begins_by_itself,
    is_begun_soon,
    look_while_nobody_waits,
    waits,
    waits_or_begins_again,
)
from tasks.watch.tell_nobody import tell_nobody

STEP = Step.LOOK_AFTER
STOPPED = "Stopped"
HELPS = "Start the rotation again: it goes on where it stood."
REMIND_AFTER = timedelta(hours=4)


def unfinished() -> list[str]:
    """The credentials of the catalog with a rotation that has not ended, disabled ones too. Raises LedgerError."""
    open_ones = {row.credential for row in recording.open_ledger().open_starts()}
    return [name for name in load_catalog(read_settings().catalog).credential if name in open_ones]


@task(name=STEP.value, **policy.STEP)
def look_after(name: str, silent: Seen | None = None) -> None:
    """Find out whether the run of this credential's rotation lives, and do what can be done without a person.

    ``silent`` is a lease that was watched for long enough already: while it is the same its run is dead.

    Raises LedgerError, and Unreachable while Prefect does not answer.
    """
    settings = read_settings()
    lease = Lease(settings.ledger_url, name)
    seen = lease.look()
    if seen is not None and seen != silent and not lease.is_silent(seen, settings.lease_s):
        if is_left(lease, seen, settings.lease_s):
            _tell_of_a_run_that_is_left(name, seen.flow_run_id)
        else:
            get_run_logger().info("The rotation of %s is in the hands of a run that lives.", name)
            _look_whether_it_goes_on(name)
        return
    _look(lease, seen, this_run()[0])


@task(name="look after a cancelled run", **policy.STEP)
def look_after_cancelled(name: str, run_id: str) -> None:
    """Do at once, in the name of a run that somebody cancelled, what ``look_after`` would do within a minute.

    Its process is gone. Looks first at the lease: what another run acts for, or holds for itself, is left alone. Raises
    LedgerError, and Unreachable while Prefect does not answer.
    """
    settings = read_settings()
    lease = Lease(settings.ledger_url, load_catalog(settings.catalog).get(name, is_open=True).name)
    seen = lease.look()
    if seen is None or lease.is_silent(seen, settings.lease_s):
        _look(lease, seen, run_id, only=run_id)


def _look(lease: Lease, seen: Seen | None, by: str, only: str | None = None) -> None:
    settings = read_settings()
    lease.take(by, seen)
    with held(lease, get_run_logger().warning, settings.lease_s):
        rotation = claim.unfinished_of(load_catalog(settings.catalog).get(lease.credential, is_open=True))
        if rotation is not None and only in {None, rotation.flow_run_id}:
            with correlation.about(rotation.id):
                run = prefect_runs.ended(rotation.flow_run_id)
                history = recording.history_of(rotation)
                if begins_by_itself(rotation, run, history):
                    _say_that_it_begins(rotation)
                    return
                _act(rotation, run, history)
                if not waits_or_begins_again(run, history):
                    end_dead(rotation.flow_run_id, run)


def _look_whether_it_goes_on(name: str) -> None:
    rotation = claim.unfinished_of(load_catalog(read_settings().catalog).get(name, is_open=True))
    if rotation is not None:
        history = recording.history_of(rotation)
        tell_of_silence(rotation, history)
        tell_left(rotation, history.forms)
        tell_nobody(rotation, history)


def _tell_of_a_run_that_is_left(name: str, run_id: str) -> None:
    """Once: Prefect says that it is over, and its process neither goes on nor ends. Raises LedgerError."""
    rotation = claim.unfinished_of(load_catalog(read_settings().catalog).get(name, is_open=True))
    if rotation is None or run_id in recording.history_of(rotation).notices.left_runs:
        return
    told = (
        f"{prefect_runs.ended(run_id).told} of its run, whose process lives on all the same: it neither goes on nor "
        "ends, and its form takes no answer. Start the rotation again: the new run takes over."
    )
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, "left": run_id, "proofs": [told]})
    notify(rotation, f"{name}: a run neither goes on nor ends", f"{told} {trading(rotation)}".strip())
    page_of_a_dead_run.replace_with(
        rotation, f"Start the rotation of {name} again: its run neither goes on nor ends", told
    )


def held_by_the_end_of_its_run(rotation: Rotation, why: str) -> str:
    """Hold a rotation whose run was taken from its form, by its process, which lives on; return why in a sentence."""
    hold_for(rotation, why, HELPS)
    return f"{why} {rotation.credential.name} stays held. {HELPS}"


def _act(rotation: Rotation, run: Ended, history: History) -> None:
    if waits(run, history):
        tell_nobody(rotation, history)
        look_while_nobody_waits(rotation, history)
    elif waits_or_begins_again(run, history) and is_begun_soon(rotation):
        _say_that_it_begins(rotation)
    elif not _is_begun(rotation):
        _close_or_go_on(rotation, run, history)
    elif run.name == STOPPED or was_held_for(rotation, history):
        keep_braked(rotation)
        _remind(rotation, history)
    elif run.is_cancelled or run.is_suspended:
        what = "cancelled" if run.is_cancelled else "suspended"
        hold_for(rotation, f"Its run was {what} in Prefect.", HELPS)
    elif last_run(run, history).is_refused:
        # The next run would be refused in the same way.
        hold_for(rotation, last_run(run, history).why, HELPS)
    elif len(_starts(history)) >= MOST_STARTS:
        hold_for(
            rotation,
            f"Its runs died {MOST_STARTS} times within {WITHIN.seconds // 60} minutes ({last_run(run, history).said}).",
            "Look at the worker and its log. Then start the rotation again: it goes on where it stood.",
        )
    elif is_due(rotation.credential.name, but=rotation.flow_run_id):
        get_run_logger().info("Another run of %s is about to begin.", rotation.credential.name)
        keep_braked(rotation)
    else:
        _start_again(rotation, run)


def _say_that_it_begins(rotation: Rotation) -> None:
    get_run_logger().info("The run of %s is about to begin again.", rotation.credential.name)
    if rotation.brakes_began:
        keep_braked(rotation)


def _is_begun(rotation: Rotation) -> bool:
    return rotation.brakes_began or rotation.may_be_clicked


def _close_or_go_on(rotation: Rotation, run: Ended, history: History) -> None:
    """What somebody said of its plan would be lost with a rotation that is closed."""
    is_lost = run.is_cancelled or not history.is_backed or len(_starts(history)) >= MOST_STARTS
    if is_lost:
        close(rotation, run)
    elif not is_due(rotation.credential.name, but=rotation.flow_run_id):
        _start_again(rotation, run)


def hold_for(rotation: Rotation, why: str, helps: str) -> None:
    """Engage the brakes as well as possible, write down that it is held because of this run, and tell people."""
    proved, braked = brakes.engaged_as_well_as_possible(rotation, Record())
    recording.write(
        rotation,
        Action.HELD,
        # What is so of the brakes now may be otherwise when people are reminded of why it is held.
        {"step": STEP, "run": rotation.flow_run_id, "reason": f"{why} {braked}", "why": why, "what_would_help": helps},
    )
    headline = f"{rotation.credential.name} is held{'' if proved else ', and trading may be on'}"
    notify(rotation, headline, " ".join(filter(None, (why, braked, trading(rotation) if proved else "", helps))))
    to_do = f"Start the rotation of {rotation.credential.name} again: its run is over"
    page_of_a_dead_run.replace_with(rotation, to_do, f"{why} {braked} {helps}")


def _start_again(rotation: Rotation, run: Ended) -> None:
    told = f"The process of its run is gone ({run.said})."
    # First, while the lease is held for moments only: the new run demands it.
    asks = "Another one is started now, and goes on where it stood. If it asks something, answer there."
    text = " ".join(filter(None, (told, asks, trading(rotation))))
    notify(rotation, f"{rotation.credential.name}: its run is dead", text)
    # First, too: the page that the new run writes has to be the newest.
    page_of_a_dead_run.replace_with(rotation, ANOTHER_RUN.format(name=rotation.credential.name), told)
    try:
        where = prefect_runs.start_rotation(rotation.credential.name, rotation.reason.value)
    except Unreachable as error:
        if not _is_begun(rotation):
            # Nothing is at stake: in a minute it is looked after again.
            raise
        hold_for(rotation, f"{told} {error.problem}", error.remedy)
        return
    end_dead(rotation.flow_run_id, run, f"Its process is gone. Its rotation goes on in {where}.")
    proofs = [f"{told} It goes on in {where}."]
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, "started": where, "proofs": proofs})


def _remind(rotation: Rotation, history: History) -> None:
    told_at = history.notices.reminded_at
    if told_at is not None and datetime.now(UTC) - told_at < REMIND_AFTER:
        return
    held = history.held.facts if history.held else Facts()
    reason = held.why or held.reason
    helps = "Start the rotation again: it goes on where it stood."
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, "reminded": True, "proofs": [reason]})
    notify(rotation, f"{rotation.credential.name} is still held", f"{reason} {helps} {trading(rotation)}".strip())


def _starts(history: History) -> list[datetime]:
    begun = datetime.now(UTC) - WITHIN
    return [at for at in history.notices.started_at if at > begun]
