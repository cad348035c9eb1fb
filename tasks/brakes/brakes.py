"""Brakes of a rotation: when trading is stopped and when it goes on.

Which brakes were engaged already is written down before anything is changed: those were not engaged by this rotation
and stay engaged at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from pydantic import SecretStr

from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer
from blocks.errors import LedgerError, RekeyError
from blocks.ledger import deaths, lease, trading
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED
from blocks.proofs import Record
from tasks.brakes import brake_switch, found_before, released_brakes, standstill

STEP = Step.PAUSE
ON = "The brakes are on: trading is stopped."
# Why a brake that is set is enough where its application says nothing.
BEFORE = brake_switch.Ground("was proved to be on before in this rotation", when_changed=False)
DEAD = brake_switch.Ground("the old key, with which it traded, is refused", when_changed=True)


def on(rotation: Rotation, record: Record, *, timeout_s: float | None = None) -> None:
    """Note which brakes are engaged already, engage all and prove it. Raises StepError, Transient, a vendor's errors.

    Does nothing once they were released on a verified pair: what is left to do then stops no trading. One that was
    proved to be on before, and is found off, is told. From then on all are watched.
    """
    every = rotation.credential.brakes
    if _engaged(rotation, record, partial(_on, every, record, timeout_s)):
        standstill.note_again(rotation)


def on_or_unheard(rotation: Rotation, record: Record) -> list[str]:
    """As ``on``; but an application that died of the old pair says nothing until it has the new one.

    Where that is so (``_ground``) it holds nothing, and the labels of these brakes are returned: they are set, and not
    proved anew.
    """
    unheard: list[Brake] = []
    ground = _ground(rotation)
    if ground is None:
        on(rotation, record)
        return []

    def engage(changed: list[Brake]) -> None:
        unheard.extend(brake_switch.engage_or_believe(rotation.credential.brakes, record, ground, changed=changed))

    if _engaged(rotation, record, engage) and not unheard:
        standstill.note_again(rotation)
    return [one.label for one in unheard]


def _engaged(rotation: Rotation, record: Record, engage: Callable[[list[Brake]], None]) -> bool:
    """Whether there was something to pause. ``engage`` is given where to note what it had to change."""
    if are_over(rotation):
        # Else the step that is done then would say that they are on.
        record.note(**{trading.PROVED: False})
        record.prove("Trading is on with the verified pair: nothing to pause any more.")
        return False
    found_before.note(rotation)
    if recording.history_of(rotation).brakes.meant_to_be_on:
        released_brakes.told_when_changed(rotation, engage)
    else:
        engage([])
    released_brakes.begin(rotation)
    return True


def _ground(rotation: Rotation) -> brake_switch.Ground | None:
    """Why the brakes' own position is enough for an application that says nothing; None when it is not."""
    known = recording.history_of(rotation)
    if known.died_at is not None or rotation.old_is_dead:
        # One that has the new key already could trade with that, had somebody released its brake; and what people are
        # told of one that was released is whether it is proved to be on again.
        return replace(DEAD, when_changed=known.given is None and not known.brakes.meant_to_be_on)
    return BEFORE if known.brakes.meant_to_be_on else None


def engage(credential: Credential, record: Record, *, timeout_s: float | None = None) -> None:
    """Engage every brake of this credential at once, and prove each."""
    brake_switch.set_all(credential.brakes, record, engaged=True, timeout_s=timeout_s)


def off(rotation: Rotation, record: Record, started: Callable[[Sequence[Brake]], object] = list) -> list[str]:
    """Release the brakes that this rotation engaged and prove it; return the labels of those that it left engaged.

    ``started`` asks what could not be asked while these were on: when it raises, they are engaged again. When the last
    one is proved to be released is written down at once.
    """
    found = found_before.found(rotation)
    # One of which nothing was noted was not engaged by this rotation either; of one that is None it is unknown.
    left = [one for one in rotation.credential.brakes if found.get(one.label, True) is not False]
    ours = [one for one in rotation.credential.brakes if one not in left]
    # Nothing was noted, so nothing was engaged: then trading does not go on again either.
    if found and not are_over(rotation):
        lease.prove()
        released_brakes.end()
        brake_switch.set_all(ours, record, engaged=False)
        try:
            started(ours)
        except RekeyError:
            brake_switch.set_all(ours, record, engaged=True)
            raise
        recording.write(
            rotation,
            Action.STEP,
            {"step": Step.RESUME, "outcome": NOTED, "resumed_at": datetime.now(UTC).isoformat(), "proofs": []},
        )
    unknown = found_before.unknown(rotation)
    for one in left:
        if one.label not in unknown:
            told = "is left as it is: this rotation did not engage it. Release it by hand if it is on."
            record.prove(f"{one.label} {told}")
    if unknown:
        record.prove(trading.left_on([], unknown))
    return [one.label for one in left]


def keep_on(rotation: Rotation, record: Record) -> None:
    """Prove that trading is stopped still; a brake that somebody released meanwhile is engaged again, and told."""
    if not are_over(rotation):
        released_brakes.told_when_changed(rotation, partial(brake_switch.keep_on, rotation.credential.brakes, record))
        standstill.note_again(rotation)


def put_back(
    rotation: Rotation, consumer: Consumer, present: Mapping[str, SecretStr | None], *, record: Record
) -> None:
    """Engage again, before anything else, and tell what somebody released on this consumer.

    ``present`` is what is there now of what rides along: a write with the new pair and the brake would put it back
    without a word.
    """
    riding = [one for one in rotation.credential.brakes if one.rides_on(consumer)]
    off = [one for one in riding if not one.is_engaged_among(present)]
    if off:
        released_brakes.told_when_changed(rotation, partial(_on, off, record, None))


def _on(brakes: Sequence[Brake], record: Record, timeout_s: float | None, changed: list[Brake]) -> None:
    brake_switch.set_all(brakes, record, engaged=True, timeout_s=timeout_s, changed=changed)


def values_for(rotation: Rotation, consumer: Consumer) -> dict[str, SecretStr]:
    """What has to hold in the same write when this consumer gets a pair while its trading is stopped."""
    if are_over(rotation):
        return {}
    return {name: value for one in rotation.credential.brakes for name, value in one.rides_on(consumer).items()}


def resumed_at(rotation: Rotation) -> str | None:
    """When trading was proved to be on again with the verified pair; None when it is not, or not any more."""
    killed = deaths.unsettled(recording.open_ledger(), rotation.credential.name)
    return trading.resumed_at(recording.history_of(rotation), killed)


def are_over(rotation: Rotation) -> bool:
    """Whether the brakes were released on a verified pair already. Without brakes that says nothing."""
    return bool(rotation.credential.brakes) and resumed_at(rotation) is not None


def paused_at(rotation: Rotation) -> str | None:
    """When this rotation began to stop trading; None without brakes of its own making."""
    return recording.history_of(rotation).brakes.paused_at


def engaged_as_well_as_possible(rotation: Rotation, record: Record) -> tuple[bool, str]:
    """Engage the brakes although something is wrong already; whether that is proved, and a sentence about it."""
    if not rotation.credential.brakes:
        return True, "This credential has no brakes."
    try:
        if are_over(rotation):
            return True, "Trading goes on with the new pair, which was proved before: it is not stopped again."
        on(rotation, record, timeout_s=brake_switch.HELD_PATIENCE_S)
        standstill.note(rotation, proved=True)
    except LedgerError:
        # Also without a ledger, which only tells whose the brakes were before.
        return _engaged_without_note(rotation, record)
    except Exception as error:  # noqa: BLE001  # the form of a held rotation has to come whatever goes wrong here
        with suppress(LedgerError):
            standstill.note(rotation, proved=False)
        return False, _not_proved(error)
    return True, ON


def _engaged_without_note(rotation: Rotation, record: Record) -> tuple[bool, str]:
    try:
        found_before.remember(rotation)
        engage(rotation.credential, record, timeout_s=brake_switch.HELD_PATIENCE_S)
    except Exception as error:  # noqa: BLE001  # the form of a held rotation has to come
        return False, _not_proved(error)
    released_brakes.begin(rotation)
    return True, ON


def _not_proved(error: Exception) -> str:
    """The text of a foreign error may hold anything, so only its kind is told."""
    why = str(error) if isinstance(error, RekeyError) else f"rekey itself failed ({type(error).__name__})."
    return f"The brakes are NOT proved to be on: {why} Stop trading by hand."
