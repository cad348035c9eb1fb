"""Asks the running applications which account they trade in: those that run now, and the others when they run again.

A brake that stops the application itself leaves nothing that could be asked before it is released.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from blocks.answer import Answer
from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer
from blocks.errors import StepError
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, recording
from blocks.proofs import Record, still_waiting_for
from blocks.settings import read_settings
from blocks.wire.parallel import all_at_once
from blocks.wire.poll import wait_for
from tasks.brakes import brakes


def asked_now(rotation: Rotation, record: Record) -> list[str]:
    """The applications that run while trading stands still; of each other one is told why it is not asked."""
    found = []
    for one in rotation.credential.consumers:
        if one.runtime is None:
            continue
        if _is_stopped(rotation, one):
            record.prove(
                f"{one.label}: not asked which account it trades in, it is stopped. It is asked when it runs again."
            )
        else:
            found.append(one.runtime)
    return found


def again(rotation: Rotation, record: Record) -> Callable[[Sequence[Brake]], None]:
    """Asks those that ``asked_now`` left out and that run again when these brakes are released. Raises StepError."""
    verified = recording.history_of(rotation).newest(Step.VERIFY)
    subject = verified.account_number if verified else None

    def ask(released: Sequence[Brake]) -> None:
        started = [
            one.runtime
            for one in rotation.credential.consumers
            if one.runtime and any(brake.stops_running and brake.stops(one) for brake in released)
        ]
        all_at_once([partial(prove_running, rotation, one, subject, record) for one in started if subject])

    return ask


def _is_stopped(rotation: Rotation, consumer: Consumer) -> bool:
    """Whether one of the brakes that are on leaves nothing of it running."""
    stopping = [one for one in rotation.credential.brakes if one.stops_running and one.stops(consumer)]
    return bool(stopping) and not brakes.are_over(rotation)


def prove_running(rotation: Rotation, runtime: str, account_number: str, record: Record) -> None:
    """Prove that it trades in this account. Raises StepError for a no, and without a clear answer in all that time."""
    settings = read_settings()
    matches = rotation.credential.verification.matches
    with estate.runtime(runtime).get_client() as client:
        answer = wait_for(
            lambda: client.answers_with(rotation.credential.realm, account_number),
            timeout_s=settings.verify_timeout_s,
            interval_s=settings.probe_interval_s,
            in_a_row=matches,
            report=still_waiting_for(f"{runtime} to trade in account {account_number}"),
        )
    if answer is not Answer.YES:
        if answer is Answer.NO:
            record.note(disproved=True)
        raise StepError(
            f"{runtime} does not trade in account {account_number} with the new pair after "
            f"{settings.verify_timeout_s:.0f} s ({'it says no' if answer is Answer.NO else 'no clear answer'}).",
            "It may read other variable names than the catalog says, or its dyno is down. Correct that, then try "
            "again: it goes on from here.",
        )
    record.prove(f"{runtime}: {client.well} in account {account_number}, {matches} times in a row.")
