"""Await readiness: asks the operator to be at the dashboard before anything is paused.

So the time without trading is clicking time and machine time only. Only for credentials with brakes; not asked again
when a rotation is continued (its brakes are on), nor when its pair waits in the vault after a mis-rotation.
"""

from __future__ import annotations

from typing import Any

from prefect import task
from pydantic import Field, create_model

from blocks import estate, misrotations, recording
from blocks.errors import VendorError
from blocks.recording import Record, recorded
from blocks.rotation import Reason, Rotation
from tasks import policy
from tasks.ask import ask_openly, name_of
from tasks.forms import Signed, agreed
from tasks.preflight import current_pair

STEP = "await_readiness"


class Readiness(Signed):
    """The operator is where a rotation needs them."""

    at_dashboard: bool = agreed(
        "I am logged in at the Alpaca dashboard, and stay until the run has completed",
        "Trading stands still from the moment you submit this form.",
        position=0,
    )
    second_factor: bool = agreed(
        "I have the second factor at hand",
        "Alpaca asks for a code by e-mail or authenticator before it shows the new secret.",
        position=1,
    )


class MarketIsOpen(Readiness):
    """The same while the market is open."""

    market_is_open: bool = agreed(
        "The market is OPEN, and I stop trading now all the same",
        "Better: wait until it is closed. Alpaca says when, above.",
        position=2,
    )


@task(name=STEP, **policy.HUMAN)
def await_readiness(rotation: Rotation) -> Rotation:
    """Pause the run until the operator is ready; return the rotation in the operator's name."""
    with recorded(rotation, STEP) as record:
        reason = _why_not_asked(rotation)
        if reason:
            record.prove(reason)
            return rotation
        is_open, market = _market(rotation, record)
        # Unknown counts as open: the operator says yes to it, or waits.
        form = _confirming(MarketIsOpen if is_open else Readiness, rotation.credential.name)
        entry = ask_openly(
            rotation, form, STEP, lambda problem: _text(rotation, market, problem), awaited="you to be ready"
        )
        operator = name_of(entry.operator)
        record.note(operator=operator, market_open=is_open)
        record.prove(f"{operator} is at the dashboard with the second factor.{' ' + market if is_open else ''}")
        return rotation.by(operator)


def _why_not_asked(rotation: Rotation) -> str:
    if not rotation.credential.brakes:
        return f"Not asked: nothing is paused for {rotation.credential.environment} trading."
    if rotation.continued or rotation.paused:
        return "Not asked again: this rotation began before, and trading is stopped already."
    aside = misrotations.unsettled(recording.open_ledger(), rotation.credential.name)
    if rotation.reason is Reason.MISROTATION and misrotations.staged(aside):
        return "Not asked: the pair of this mis-rotation waits in the vault, and nobody has to click."
    return ""


def _market(rotation: Rotation, record: Record) -> tuple[bool, str]:
    """Whether the market may be open, and a sentence about it. The old pair may be dead: then nobody can ask."""
    try:
        with estate.alpaca().get_client(rotation.credential.environment) as client:
            clock = client.clock(current_pair(rotation.credential))
    except VendorError as error:
        record.prove(f"Whether the market is open is unknown: {error.problem}")
        return True, "Whether the market is open is **unknown**: Alpaca does not say."
    if clock.is_open:
        return True, f"The market is **OPEN** until {clock.next_close:%Y-%m-%d %H:%M %Z}."
    return False, f"The market is closed and opens {clock.next_open:%Y-%m-%d %H:%M %Z}."


def _confirming(form: type[Readiness], name: str) -> type[Readiness]:
    """The form with a field into which the credential's name has to be typed."""
    confirm: Any = Field(
        title=f"Type {name}",
        description="So that nobody stops the wrong trading.",
        json_schema_extra={"pattern": rf"^\s*{name}\s*$", "position": 3},
    )
    made: Any = create_model(form.__name__, __base__=form, confirm=(str, confirm))
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def _text(rotation: Rotation, market: str, problem: str | None) -> str:
    credential = rotation.credential
    brakes = "\n".join(f"- {one.label}" for one in credential.brakes)
    returned = f"### Not yet\n\n{problem}\n\n" if problem else ""
    return f"""{returned}### {credential.name}: are you ready?

Everything was checked, and **nothing is paused yet**. {market}

When you submit this form, rekey stops trading:

{brakes}

Then it shows a second form, which tells what to click in the dashboard. Trading goes on only when the new pair is \
proved everywhere: usually some minutes after you entered it. Nothing happens until you submit; to stop here, cancel \
the run.
"""
