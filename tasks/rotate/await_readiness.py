"""Await readiness: asks the operator to be at the dashboard before anything is paused.

So the time without trading is clicking time and machine time only. Only for credentials with brakes; not asked again
when a rotation is continued (its brakes are on), nor when its pair waits in the vault after a mis-rotation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from blocks.errors import StepError, VendorError
from blocks.ledger import deaths
from blocks.ledger.trading import lasted
from blocks.model.credential import Credential
from blocks.model.plan import hash_of, plan_of
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.operators import approval
from blocks.prefect_api import recording
from blocks.prefect_api.issuers import called, issuer_of, overlaps
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from tasks.person import left_form
from tasks.person.ask import ask_openly
from tasks.person.asks import asks
from tasks.person.forms import Signed, stops
from tasks.person.question import INCOMPLETE, Question
from tasks.rotate.ended_here import ended_unstopped
from tasks.rotate.readiness_form import NOT_READY, form_of, is_complete, text_of
from tasks.run import questions
from tasks.run.current import current_pair
from tasks.run.typed_name import name_of

STEP = Step.AWAIT_READINESS
# Whoever said so and saw nothing happen for longer may have gone.
READY_FOR_S = 300
# From here on a time is told in hours.
HOURS_FROM_MIN = 120


@dataclass(frozen=True, slots=True)
class _Market:
    """Whether it may be open, a sentence about it, and until when it is known to be closed."""

    may_be_open: bool
    told: str
    opens_at: datetime | None = None


@asks(STEP)
def await_readiness(rotation: Rotation) -> str | None:
    """Pause the run until somebody is ready; return the sentence with which it ends when they ended it, else None."""
    with recorded(rotation, STEP) as record:
        why_not_asked = _why_not_asked(rotation)
        if why_not_asked:
            record.prove(why_not_asked)
            return None
        entry, market = _asked(rotation, record)
        # Where its plan is approved the name was proved, and is needed as it is.
        is_approved = rotation.credential.is_approved
        operator = entry.operator if is_approved else name_of(entry.operator)
        record.decided_by(operator)
        if not stops(entry):
            _note_ready(rotation, operator, market, record)
            return None
        why = approval.one_line(dict(entry)["why"])
        record.note(choice=NOT_READY, why=why)
        record.prove(f"{operator} was not ready, and ended it: {why or 'no reason was given'}.")
    return ended_unstopped(rotation, f"{operator} was not ready{f': {why}' if why else ''}.", operator)


def _asked(rotation: Rotation, record: Record) -> tuple[Signed, _Market]:
    """What was answered, and how the market stood then: asked until it says one thing, and what was shown is so."""
    is_dead = bool(deaths.unsettled(recording.open_ledger(), rotation.credential.name))
    market = _market(rotation, record)
    problem: str | None = None
    # A fresh form that follows one whose answer did not count was answered a moment ago.
    left, late = left_form.form_of(rotation, STEP), _late(left_form.waited_s(rotation, STEP))
    while True:
        # Unknown counts as open: the operator says yes to it, or waits.
        form = form_of(rotation.credential, may_be_open=market.may_be_open, may_stop=not is_dead)
        text = partial(text_of, rotation, market.told, is_dead=is_dead)
        question = Question(form, STEP, text, "you to be ready", problem=problem)
        adopts = form_of(rotation.credential, may_be_open=True, may_stop=True) if problem is None else None
        entry = ask_openly(rotation, replace(question, may_be_left=True, adopts=adopts))
        if stops(entry):
            return entry, market
        if not is_complete(entry, rotation.credential):
            problem = INCOMPLETE
            continue
        if late is not None and left_form.form_of(rotation, STEP) == left:
            problem, late = late, None
            continue
        seen, market = market, _seen_again(rotation, market, record)
        problem = _changed_meanwhile(rotation.credential, seen, market)
        if problem is None:
            return entry, market


def _late(waited_s: float) -> str | None:
    """Why somebody has to say so again who said it while no worker was there; None when that was a moment ago."""
    if waited_s < READY_FOR_S:
        return None
    return (
        f"Nothing was stopped: you said so {lasted(waited_s)} ago, and only now a worker takes it up. If you are at "
        "the dashboard still, submit this form again."
    )


def _note_ready(rotation: Rotation, operator: str, market: _Market, record: Record) -> None:
    if rotation.credential.is_approved:
        record.note(plan=hash_of(plan_of(rotation.credential, rotation.old)))
    record.note(market_open=market.may_be_open)
    told = f" {market.told}" if market.may_be_open else ""
    record.prove(f"{operator} is at the dashboard with the second factor.{told}")


def _seen_again(rotation: Rotation, before: _Market, record: Record) -> _Market:
    """The form may have been open for hours. Who said yes to an open market need not be asked again."""
    if before.may_be_open:
        return before
    now = _market(rotation, record)
    if now.may_be_open and now.opens_at is None and before.opens_at and datetime.now(UTC) < before.opens_at:
        # The issuer does not answer now, and said before until when it is closed.
        return before
    return now


def _changed_meanwhile(credential: Credential, before: _Market, now: _Market) -> str | None:
    """Why the operator has to think again; None when what the form said is so still."""
    try:
        questions.not_now(credential)
    except StepError as error:
        return f"Your answer changed nothing. {error.problem} Submit this form again when it is over."
    if now.may_be_open and not before.may_be_open:
        return "Your answer changed nothing. While this form was shown, the market opened, or may have: see below."
    return None


def _why_not_asked(rotation: Rotation) -> str:
    if not rotation.credential.brakes:
        return "Not asked: nothing is paused."
    if overlaps(rotation.credential):
        return "Not asked: both pairs live until the old one is retired, and nothing is paused."
    if rotation.may_be_clicked or rotation.brakes_began:
        return "Not asked again: this rotation began before, and trading is stopped already."
    aside = deaths.unsettled(recording.open_ledger(), rotation.credential.name)
    if rotation.reason is Reason.MISROTATION and deaths.staged(aside):
        return "Not asked: the pair of this mis-rotation waits in the vault, and nobody has to click."
    return ""


def _market(rotation: Rotation, record: Record) -> _Market:
    """What its issuer says of the market. The old pair may be dead: then nobody can ask."""
    name = called(rotation.credential)
    try:
        issuer = issuer_of(rotation.credential)
        clock = issuer.market(rotation.credential.realm, current_pair(rotation.credential))
    except VendorError as error:
        record.prove(f"Whether the market is open is unknown: {error.problem}")
        return _Market(may_be_open=True, told=f"Whether the market is open is unknown: {name} does not say.")
    if clock is None:
        return _Market(may_be_open=False, told="")
    if clock.is_open:
        until = f"{clock.next_close.astimezone(UTC):%H:%M} UTC"
        told = f"The market is OPEN until {until}: it closes {_in(clock.next_close)}."
        return _Market(may_be_open=True, told=told, opens_at=clock.next_open)
    told = f"The market is closed and opens {_in(clock.next_open)}."
    return _Market(may_be_open=False, told=told, opens_at=clock.next_open)


def _in(at: datetime) -> str:
    """How long it is until then: that needs no time zone. Counted when it is written, because a form stays open."""
    now = datetime.now(UTC)
    minutes = max(0, round((at - now).total_seconds() / 60))
    days, hours = divmod(minutes // 60, 24)
    wait = f"{minutes} min" if minutes < HOURS_FROM_MIN else f"{hours} h {minutes % 60} min"
    wait = f"{days} d {hours} h" if days else wait
    return f"in {wait} (counted at {now:%H:%M} UTC; that is {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
