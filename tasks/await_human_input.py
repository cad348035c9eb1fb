"""Await human input: shows the form in the paused run and waits for the new pair.

Looks first at the ledger: a pair that was entered in an earlier run of this rotation and is not judged yet is not asked
for again. Returns where Prefect keeps what was typed, never the secret itself. Every form has a key of its own, so that
"Retry" in the UI asks again instead of reusing what was judged before.
"""

from __future__ import annotations

from itertools import count
from typing import cast

from prefect import task
from prefect.context import FlowRunContext
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.logging import get_run_logger
from pydantic import SecretStr, ValidationError

from blocks import estate
from blocks.errors import StepError
from blocks.ledger import Action
from blocks.recording import DONE, WAITING, Record, open_ledger, recorded, write
from blocks.rotation import Rotation, Snapshot, Typed, Verdict
from blocks.secret import fingerprint
from blocks.settings import read_settings
from tasks import policy
from tasks import typed as typed_input
from tasks.forms import PaperEntry, entry_for, operator_of

STEP = "await_human_input"


@task(name=STEP, **policy.HUMAN)
def await_human_input(rotation: Rotation, before: Snapshot | None, last: Verdict, attempt: int) -> Typed:
    """Pause the flow run until the operator submits a pair. ``attempt`` counts the forms of this run from 1.

    Raises StepError when nobody answers in time; starting the rotation again shows the same form.
    """
    with recorded(rotation, STEP) as record:
        earlier = _not_judged_yet(rotation) if attempt == 1 else None
        if earlier is not None:
            _note(record, earlier)
            record.prove(f"{earlier.operator} entered pair {earlier.fingerprint} in an earlier run; it is judged now.")
            return earlier
        entry, key = _asked_until_complete(rotation, before, last, attempt)
        typed = Typed(
            flow_run_id=rotation.flow_run_id,
            key=key,
            fingerprint=fingerprint(stripped(entry.secret)),
            operator=operator_of(entry),
        )
        _note(record, typed)
        record.prove(f"{typed.operator} entered a pair with fingerprint {typed.fingerprint}.")
        return typed


def _note(record: Record, typed: Typed) -> None:
    record.note(
        form=typed.key, run=typed.flow_run_id, fingerprint=typed.fingerprint, operator=typed.operator, entry="plain"
    )


def _not_judged_yet(rotation: Rotation) -> Typed | None:
    """What was entered last, if validate did not end after it: the vault or Alpaca failed, or the run was killed."""
    waiting: Typed | None = None
    for row in open_ledger().rows(rotation=rotation.id):
        context = row.context
        if context.get("outcome") != DONE:
            continue
        if context["step"] == STEP:
            waiting = Typed(context["run"], context["form"], context["fingerprint"], context["operator"])
        elif context["step"] == "validate":
            waiting = None
    return waiting


def _asked_until_complete(
    rotation: Rotation, before: Snapshot | None, last: Verdict, attempt: int
) -> tuple[PaperEntry, str]:
    """The entry, and the base of the keys under which Prefect keeps it."""
    problem = last.problem
    for repeat in count(1):
        key = f"{rotation.id}-{_run_count()}-{attempt}-{repeat}"
        _say_who_is_waited_for(rotation, f"paused-{key}", problem)
        entry = _asked(rotation, before, problem, key)
        if entry is not None:
            return entry, f"paused-{key}"
        typed_input.forget(rotation.flow_run_id, f"paused-{key}")
        problem = "The run was resumed without a complete form. Use Resume in the menu, and fill in every field."
    raise AssertionError  # count() does not end


def _say_who_is_waited_for(rotation: Rotation, key: str, problem: str | None) -> None:
    where = f"{read_settings().prefect_ui_url}/runs/flow-run/{rotation.flow_run_id}"
    if problem:
        get_run_logger().warning("The last entry was not accepted. %s", problem)
    get_run_logger().info(
        "Waiting for the new pair: open %s, click the three dots in the upper right corner, then Resume.", where
    )
    context = {"step": STEP, "outcome": WAITING, "seconds": 0, "form": key, "where": where}
    write(rotation, Action.STEP, context)


def stripped(secret: SecretStr) -> SecretStr:
    """The secret without the white space that copying adds around it."""
    return SecretStr(secret.get_secret_value().strip())


def _asked(rotation: Rotation, before: Snapshot | None, problem: str | None, key: str) -> PaperEntry | None:
    """What was entered; None when somebody resumed the run without the form, or past the server's check."""
    minutes = rotation.credential.form_timeout_minutes
    url = estate.alpaca().dashboard_url(rotation.credential.environment)
    try:
        return pause_flow_run(
            wait_for_input=entry_for(rotation, before, url, problem),
            timeout=minutes * 60,
            # Typed as whole seconds, but Prefect only sleeps for it: a fraction works.
            poll_interval=cast("int", read_settings().form_poll_s),
            key=key,
        )
    except ValidationError:
        # Not re-raised: it holds what was typed.
        return None
    except FlowPauseTimeout:
        timed_out = f"Nobody filled in the form within {minutes} minutes."
    raise StepError(timed_out, "Nothing that was done is lost: start the rotation again, and the same form comes back.")


def _run_count() -> int:
    context = FlowRunContext.get()
    return context.flow_run.run_count if context and context.flow_run else 0
