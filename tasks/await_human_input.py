"""Await human input: shows the form in the paused run and waits for the new pair.

Looks first at the ledger: a pair that was entered before and is not judged yet is not asked for again, nor one that was
put aside for this credential by another one's rotation. Returns where Prefect keeps what was typed, never the secret
itself. While the form is open, the current pairs are looked after (tasks/lookout.py).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from prefect import task
from pydantic import SecretStr

from blocks import estate
from blocks.recording import Record, recorded
from blocks.rotation import Rotation, Snapshot, Typed, Verdict
from blocks.secret import fingerprint
from tasks import entries, policy
from tasks.ask import ask, name_of
from tasks.forms import entry_of
from tasks.identify import expected_account
from tasks.instructions import Situation, instructions
from tasks.lookout import Lookout, died_at

STEP = "await_human_input"


@task(name=STEP, **policy.HUMAN)
def await_human_input(rotation: Rotation, before: Snapshot | None, last: Verdict) -> Typed:
    """Pause the flow run until the operator submits a pair. ``last`` says why an earlier one was not accepted."""
    with recorded(rotation, STEP) as record:
        earlier = entries.not_judged_yet(rotation)
        if earlier is not None:
            _note(record, earlier)
            record.prove(f"{earlier.operator} entered pair {earlier.fingerprint} before; it is judged now.")
            return earlier
        credential = rotation.credential
        situation = Situation(
            credential,
            estate.alpaca().dashboard_url(credential.environment),
            expected_account(rotation, before),
            before,
            _died_at(rotation),
            rotation.forced,
            last.todo,
        )
        with Lookout(rotation, STEP):
            entry, key = ask(
                rotation,
                entry_of(credential),
                STEP,
                partial(instructions, situation),
                problem=last.problem,
                awaited="the new pair",
            )
        typed = Typed(
            flow_run_id=rotation.flow_run_id,
            key=key,
            fingerprint=fingerprint(stripped(entry.secret)),
            operator=name_of(entry.operator, entry.secret),
        )
        _note(record, typed)
        record.decided_by(typed.operator)
        record.prove(f"{typed.operator} entered a pair with fingerprint {typed.fingerprint}.")
        return typed


def _note(record: Record, typed: Typed) -> None:
    record.note(
        form=typed.key, run=typed.flow_run_id, fingerprint=typed.fingerprint, operator=typed.operator, entry="plain"
    )


def _died_at(rotation: Rotation) -> datetime | None:
    """When the old pair was refused first, if it was seen while a form waited."""
    died = died_at(rotation)
    return datetime.fromisoformat(died) if died else None


def stripped(secret: SecretStr) -> SecretStr:
    """The secret without the white space that copying adds around it."""
    return SecretStr(secret.get_secret_value().strip())
