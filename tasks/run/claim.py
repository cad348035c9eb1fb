"""Whose rotation this is: a new one, or an unfinished one to continue. The lease says that no other run acts for it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from prefect.logging import get_run_logger

from blocks.catalog import load_catalog
from blocks.errors import RekeyError, StepError, Unreachable
from blocks.ledger import deaths, history, lease
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import Row
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_runs, recording
from blocks.settings import read_settings
from tasks.run import entries, started_by
from tasks.run import submissions as typed_input
from tasks.run.one_at_a_time import page_of, this_run


def rotation_of(credential: Credential, reason: Reason) -> Rotation:
    """Start or continue the rotation of this credential, and record that. Raises LeaseLost.

    Raises StepError for a run that goes on with the answer to a form of a rotation that is over by now.
    """
    ledger = recording.open_ledger()
    run_id, run_name = this_run()
    found = ledger.newest_start(credential.name)
    unfinished = found if found and ledger.open_start(credential.name) else None
    if found is not None and unfinished is None and found.facts.flow_run_id == run_id:
        _demand_no_late_answer(ledger, found)
    rotation = _rotation(ledger, credential, reason, unfinished, run_id, run_name)
    if not (unfinished and unfinished.facts.flow_run_id == run_id):
        recording.announce(
            ledger.start(
                rotation=rotation.id,
                credential=credential.name,
                actor=rotation.actor,
                context={
                    "flow_run_id": run_id,
                    "reason": reason.value,
                    "continued": rotation.may_be_clicked,
                    **started_by.facts_of(ledger, credential, reason),
                },
                only_after=found,
                lease=lease.current(credential.name),
            )
        )
    if unfinished and unfinished.facts.flow_run_id != run_id:
        _end(unfinished.facts.flow_run_id, run_id, entries.questions_of(rotation))
    return rotation


def _demand_no_late_answer(ledger: Ledger, start: Row) -> None:
    """Whoever answered that form meant its rotation, and another one would ask for something else."""
    newest = history.of(ledger, start.rotation).forms.newest
    if newest is None or newest.run != start.facts.flow_run_id or typed_input.values(newest.run, newest.form) is None:
        return
    typed_input.forget(newest.run, newest.form)
    name = start.credential
    raise StepError(
        f"The rotation of {name} whose form was answered is over, so the answer counts for nothing: nothing was "
        "changed, and what was entered is deleted.",
        f"Start the rotation of {name} anew, with reason '{Reason.ACCOUNT_RESET}' if its keys were regenerated since, "
        "and enter the pair there.",
    )


def _end(dead: str, run_id: str, questions: list[tuple[str, str]]) -> None:
    """Prefect may believe that the run still waits, and would take what somebody types into it.

    What was answered there to a question without a secret is asked anew where it matters still, so it is deleted.
    """
    try:
        prefect_runs.end(dead, f"Its process is gone. Its rotation goes on in {page_of(run_id)}.")
        for run, form in questions:
            if run == dead:
                typed_input.forget(run, form)
    except Unreachable as error:
        get_run_logger().warning("%s", error)


def unfinished_of(credential: Credential) -> Rotation | None:
    """The unfinished rotation of this credential as the ledger knows it, in the name of its last run; None without."""
    ledger = recording.open_ledger()
    start = ledger.open_start(credential.name)
    if start is None:
        return None
    run_id = start.facts.flow_run_id
    return _rotation(ledger, credential, Reason(start.facts.reason), start, run_id, run_id)


def begun_before(credential: str, problem: Exception) -> Rotation:
    """The rotation that must not fail with this problem, because trading stands still or keys were regenerated.

    Raises the problem when nothing was touched yet, and when that cannot be told.
    """
    try:
        rotation = unfinished_of(load_catalog(read_settings().catalog).get(credential, is_open=True))
        begun = rotation is not None and has_begun(rotation)
    except RekeyError:
        raise problem from None
    if rotation is None or not begun:
        raise problem
    # A ledger that takes no row does not know of this run.
    return replace(rotation, flow_run_id=this_run()[0])


def has_begun(rotation: Rotation) -> bool:
    """Whether trading stands still for it or keys were regenerated, so that it must not end. Raises LedgerError.

    A pair that died before it counts only with a reason that says so: with another one preflight asks for that reason.
    """
    if rotation.may_be_clicked or rotation.brakes_began:
        return True
    says_so = rotation.reason in {Reason.ACCOUNT_RESET, Reason.MISROTATION}
    return says_so and bool(deaths.unsettled(recording.open_ledger(), rotation.credential.name))


def _rotation(
    ledger: Ledger, credential: Credential, reason: Reason, unfinished: Row | None, run_id: str, run_name: str
) -> Rotation:
    if unfinished is None:
        now = datetime.now(UTC)
        name = f"r-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        return Rotation(name, credential, reason, run_id, rekey_in(run_name), now)
    known = history.of(ledger, unfinished.rotation)
    return Rotation(
        unfinished.rotation,
        credential,
        reason,
        run_id,
        rekey_in(run_name),
        known.rows[0].at,
        old=known.old,
        accepted_before=known.accepted,
        # Only from the snapshot on can a dead current pair be this rotation's own doing.
        may_be_clicked=bool(known.of(Step.SNAPSHOT)),
        brakes_began=known.brakes.began,
    )
