"""Declare a mis-rotation: people are told while the brakes of both credentials go on, so that neither waits.

It is recorded meanwhile. A brake that is not proved to be on is told by a message of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from prefect.logging import get_run_logger

from blocks.errors import LedgerError, RekeyError
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.proofs import Record
from blocks.wire.parallel import all_at_once, together
from tasks.brakes import brake_switch, brakes, found_before
from tasks.person.tell_end import stopping, trading
from tasks.run.notify import notify


def declare(rotation: Rotation, sibling: Credential, facts: dict[str, Any], told: str) -> bool:
    """Tell and brake at the same time: messages, brakes and the ledger may each take their time, or be down.

    Returns whether the brakes of the sibling are proved to be on.
    """
    headline = f"Wrong keys regenerated: {sibling.name} instead of {rotation.credential.name}"
    context = {"reason": told, "killed": sibling.name, "meant": rotation.credential.name, **facts}
    _, (unwritten, proved) = together(
        partial(_tell, rotation, sibling, headline, told), partial(_stopped_and_recorded, rotation, sibling, context)
    )
    if unwritten:
        # Once more: what the brakes and the message took was time enough for the ledger to come back.
        _record(rotation, sibling, unwritten)
    return proved


def _tell(rotation: Rotation, sibling: Credential, headline: str, told: str) -> None:
    """With whether trading stands: of this rotation as the ledger has it, of the other one by what is done now."""
    own = trading(rotation)
    if not own or "not stopped by this rotation" in own:
        stands = stopping(sibling, rotation.credential)
    else:
        stands = f"{stopping(sibling)} {rotation.credential.name}: {own}"
    notify(rotation, headline, f"{told} {stands}")


def _stopped_and_recorded(
    rotation: Rotation, sibling: Credential, context: dict[str, Any]
) -> tuple[dict[str, Any], bool]:
    """The facts that could not be recorded, empty when they were; and whether the sibling's brakes are proved to be on.

    They are recorded while the brakes go on: a run that is killed in between does not take them for somebody else's.
    """
    found = {"engaged_before": found_before.as_found(sibling), "paused_at": datetime.now(UTC).isoformat()}
    unwritten, problems = together(
        partial(_unwritten, rotation, sibling, {**context, **found}), partial(_problems, _to_stop(rotation, sibling))
    )
    told = " ".join(filter(None, problems))
    if told:
        headline = f"{sibling.name}: the brakes are not proved to be on"
        notify(rotation, headline, f"{told} Stop trading by hand.")
    # It is the first of those that are stopped.
    return unwritten, not problems[0]


def _unwritten(rotation: Rotation, sibling: Credential, context: dict[str, Any]) -> dict[str, Any]:
    try:
        _record(rotation, sibling, context)
    except LedgerError as error:
        get_run_logger().error("%s", error)
        return context
    return {}


def _record(rotation: Rotation, sibling: Credential, context: dict[str, Any]) -> None:
    recording.write(rotation, Action.MISROTATION, {**context, "before": _seen_before(rotation, sibling)})


def _to_stop(rotation: Rotation, sibling: Credential) -> list[Credential]:
    """Both; but not the one whose trading goes on with a verified pair already, because nobody would let it go on."""
    try:
        is_over = brakes.are_over(rotation)
    except LedgerError:
        # Unknown lets no trading go on.
        is_over = False
    return [sibling] if is_over else [sibling, rotation.credential]


def _problems(credentials: Sequence[Credential]) -> list[str]:
    """What is wrong with the brakes of each after they were engaged; empty for one whose are proved to be on."""
    return all_at_once([partial(_braked, one) for one in credentials])


def _braked(credential: Credential) -> str:
    try:
        brakes.engage(credential, Record(), timeout_s=brake_switch.HELD_PATIENCE_S)
    except RekeyError as error:
        return str(error)
    return ""


def _seen_before(rotation: Rotation, sibling: Credential) -> dict[str, Any] | None:
    """The sibling's account as preflight saw it, before anything could be clicked."""
    for checked in reversed(recording.history_of(rotation).of(Step.PREFLIGHT)):
        seen = (checked.siblings or {}).get(sibling.name)
        if seen:
            return dict(seen)
    return None
