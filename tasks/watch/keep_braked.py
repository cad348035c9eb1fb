"""Keep braked: while no run acts for a rotation that is not over, its brakes are looked after all the same.

Looks first at the ledger. Where they were proved to be on, their pages are asked, and what somebody
released is told and engaged again. Where they were not proved, that is tried again. People are told when it changes.
"""

from __future__ import annotations

import time
from functools import partial

from prefect.logging import get_run_logger

from blocks.brakes.interface import Brake
from blocks.errors import LeaseLost, LedgerError, RekeyError
from blocks.model.rotation import Rotation
from blocks.prefect_api import recording
from blocks.proofs import Record
from blocks.settings import read_settings
from blocks.wire.parallel import all_at_once
from tasks.brakes import brake_switch, brakes, found_before, standstill
from tasks.brakes.released_brakes import BrakeWatch, WatchedBrake
from tasks.run.notify import Kind, notify
from tasks.run.watched import REFUSALS


def keep_braked(rotation: Rotation) -> None:
    """Prove that trading stands still, and do what can be done when it does not. Raises LedgerError and LeaseLost."""
    if not rotation.credential.brakes or brakes.are_over(rotation):
        return
    proved = recording.history_of(rotation).brakes.proved
    if not proved:
        _try_again(rotation, is_known=proved is False)
        return
    released = _released(rotation)
    if released:
        BrakeWatch().engage_again(rotation, released)


def _released(rotation: Rotation) -> list[Brake]:
    """Those whose pages say several times in a row that trading is on. Unknown is no alarm, and no proof either."""
    doubtful = [WatchedBrake(one) for one in rotation.credential.brakes]
    for look in range(REFUSALS):
        time.sleep(read_settings().lookout_interval_s if look else 0)
        all_at_once([partial(_ask, one) for one in doubtful])
        doubtful = [one for one in doubtful if one.seen_on > look]
        if not doubtful:
            break
    return [one.brake for one in doubtful]


def _ask(one: WatchedBrake) -> None:
    try:
        one.ask()
    except RekeyError as error:
        get_run_logger().info("%s", error)


def _try_again(rotation: Rotation, *, is_known: bool) -> None:
    """Engage them; not for long, because whoever starts the rotation again waits for this run's lease."""
    name = rotation.credential.name
    try:
        found_before.note(rotation)
        brakes.engage(rotation.credential, Record(), timeout_s=brake_switch.KEPT_ON_PATIENCE_S)
    except (LeaseLost, LedgerError):
        raise
    except RekeyError as error:
        standstill.note(rotation, proved=False)
        if not is_known:
            notify(rotation, f"{name}: trading may be on", f"{error} Stop trading by hand.")
        return
    standstill.note(rotation, proved=True)
    told = f"{brakes.ON} Before, that was not proved. {name} is held still: start its rotation again."
    notify(rotation, f"{name}: trading is stopped now", told, kind=Kind.NEWS)
