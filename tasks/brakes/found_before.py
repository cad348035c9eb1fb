"""Which brakes were engaged before a rotation engaged any: those stay engaged at its end.

Written down before anything is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prefect.logging import get_run_logger

from blocks.brakes.interface import Brake
from blocks.errors import RekeyError
from blocks.ledger import deaths
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation
from blocks.model.step import Step
from blocks.prefect_api import at_once, recording
from blocks.prefect_api.recording import NOTED

STEP = Step.PAUSE
# What was found, by rotation, while the ledger could not take the note; this process only.
_seen_without_a_ledger: dict[str, tuple[dict[str, bool], str]] = {}


def look(credential: Credential) -> dict[str, bool]:
    """Which brakes are engaged now, by their variables. Raises the errors of the brakes' vendors.

    A value that is neither of the two is somebody's way to stop trading ("true"): unknown never releases a brake.
    """
    return {one.label: at_once.act(one.position).is_engaged for one in credential.brakes}


def as_found(credential: Credential) -> dict[str, bool | None]:
    """Which brakes are engaged now, by their variables; None for one that cannot be read.

    Unknown never releases a brake: one that cannot be read stays on at the end, and that is said.
    """
    return {one.label: _found_now(one) for one in credential.brakes}


def _found_now(brake: Brake) -> bool | None:
    try:
        return at_once.act(brake.position).is_engaged
    except RekeyError as error:
        get_run_logger().warning("Whether %s was engaged before is unknown: %s", brake.label, error)
    return None


def note(rotation: Rotation) -> None:
    """Write down once which brakes are engaged before this rotation engages any. Raises vendors' errors."""
    if rotation.credential.brakes and recording.history_of(rotation).brakes.engaged_before is None:
        _write_note(rotation)


def remember(rotation: Rotation) -> None:
    """Look once, for a ledger that cannot take the note now. Raises the errors of the brakes' vendors.

    Written down once it takes rows again: else a retry takes rekey's own brake for somebody else's.
    """
    if rotation.id not in _seen_without_a_ledger:
        _seen_without_a_ledger[rotation.id] = (look(rotation.credential), datetime.now(UTC).isoformat())


def unknown(rotation: Rotation) -> list[str]:
    """The labels of the brakes of which nobody knows whether they were engaged before this rotation. For its end."""
    before = found(rotation)
    return [one.label for one in rotation.credential.brakes if before.get(one.label, True) is None]


def found(rotation: Rotation) -> Mapping[str, bool | None]:
    """Which brakes were engaged before this rotation began; None for one of which it is unknown."""
    noted = recording.history_of(rotation).brakes.engaged_before
    return noted or _seen_without_a_ledger.get(rotation.id, ({}, ""))[0]


def _write_note(rotation: Rotation) -> None:
    """Write down what was found, in a row of its own and before anything is changed: a retry must find it."""
    # The reason says so as well: what preflight could not find out, because it failed, is no less rekey's own doing.
    dead = rotation.old_is_dead or rotation.reason in {Reason.MISROTATION, Reason.ACCOUNT_RESET}
    start = next(iter(recording.history_of(rotation).rows), None)
    # One that was found while this rotation waited for somebody to be ready is rekey's own doing, whatever is known.
    found = deaths.unsettled(recording.open_ledger(), rotation.credential.name)
    killed = found if dead else [row for row in found if start is not None and row.sequence > start.sequence]
    alarm = deaths.first_alarm(killed)
    before: Mapping[str, bool | None]
    if rotation.id in _seen_without_a_ledger:
        before, at = _seen_without_a_ledger[rotation.id]
    elif alarm is not None:
        # rekey itself engaged them when it noticed that, and wrote down then what it had found.
        before, at = alarm.facts.engaged_before or {}, str(alarm.facts.paused_at)
    else:
        before, at = look(rotation.credential), datetime.now(UTC).isoformat()
    engaged, unread = ([label for label, on in before.items() if on is value] for value in (True, None))
    told = f"Engaged already, by somebody else: {', '.join(engaged)}." if engaged else "No brake was engaged before."
    if unread:
        known = f"{told} " if engaged else ""
        told = f"{known}Whether {' and '.join(unread)} was engaged before is unknown."
    context: dict[str, Any] = {
        "step": STEP,
        "outcome": NOTED,
        "engaged_before": before,
        "paused_at": at,
        "proofs": [told],
    }
    recording.write(rotation, Action.STEP, context)
