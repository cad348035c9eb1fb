"""Close a rotation whose run died before anything was changed, and start it anew when its pair is dead already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

from blocks.errors import Unreachable
from blocks.ledger import deaths
from blocks.ledger.row import Action, Row
from blocks.model.rotation import Reason, Rotation
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.ended import Ended
from tasks.person.tell_end import trading
from tasks.run import sealing
from tasks.run.notify import Kind, notify
from tasks.watch import page_of_a_dead_run
from tasks.watch.end_dead import CLOSED, demand_end

ANOTHER_RUN = "Open the newest run of rotate/{name}: its run is dead, and another one is started now"
# A rotation whose runs die again and again needs people.
MOST_STARTS = 3
WITHIN = timedelta(minutes=15)


def close(rotation: Rotation, run: Ended) -> None:
    """Close a rotation in which nothing was changed; one whose pair is dead is started anew. Raises Unreachable."""
    name = rotation.credential.name
    reason = f"Its run ended before anything was changed ({run.said})."
    killed = deaths.unsettled(recording.open_ledger(), name)
    helps = f"Start the rotation of {name} anew: its run is gone."
    asked_for = {"what_would_help": helps} if killed or not run.is_cancelled else {}
    # First, and for sure: nobody looks after a rotation that is over, so its run would stay as it is for good. Until
    # Prefect answers it is looked after again each minute: nothing is at stake.
    demand_end(rotation.flow_run_id, run, CLOSED)
    sealing.destroy(rotation)
    recording.write(rotation, Action.ABORTED, {"reason": reason, **asked_for})
    if killed:
        _start_anew(rotation, reason, killed)
    elif run.is_cancelled:
        told = f"{name} was cancelled before anything was changed"
        text = " ".join(filter(None, (f"Nothing to do. {run.told}{run.more}.", trading(rotation))))
        notify(rotation, told, text, kind=Kind.NEWS)
        page_of_a_dead_run.replace_with(rotation, f"Nothing to do: {told}", reason)
    else:
        told = f"{reason} Start it anew. {trading(rotation)}".strip()
        notify(rotation, f"{name}: the rotation is over", told)
        page_of_a_dead_run.replace_with(rotation, f"Start the rotation of {name} anew: nothing was changed", reason)


def _start_anew(rotation: Rotation, why: str, killed: list[Row]) -> None:
    """Its keys are dead, and maybe its brakes on: it is started by itself, with the only reason that goes on then."""
    name = rotation.credential.name
    by_mistake = any(row.action is Action.MISROTATION for row in killed)
    reason = Reason.MISROTATION if by_mistake else Reason.ACCOUNT_RESET
    dead = f"{why} The keys of {name} are dead"
    if not rotation.credential.enabled:
        _tell_to_start_anew(rotation, f"{dead}, and it is disabled in the catalog: set enabled = true first;", reason)
        return
    begun = datetime.now(UTC) - WITHIN
    starts = recording.open_ledger().backwards(credential=name, actions=(Action.STARTED,))
    if len([row for row in islice(starts, MOST_STARTS) if row.at > begun]) >= MOST_STARTS:
        _tell_to_start_anew(rotation, f"{dead}:", reason)
        return
    # First, while the lease is held for moments only: the new run demands it.
    told = f"{dead}, so another run is started now. If it asks something, answer there. {trading(rotation)}".strip()
    notify(rotation, f"{name}: its run is dead", told)
    # First, too: the page that the new run writes has to be the newest.
    page_of_a_dead_run.replace_with(rotation, ANOTHER_RUN.format(name=name), f"{dead}.")
    try:
        prefect_runs.start_rotation(name, reason)
    except Unreachable as error:
        _tell_to_start_anew(rotation, f"{error.problem} {dead}:", reason)


def _tell_to_start_anew(rotation: Rotation, why: str, reason: Reason) -> None:
    name = rotation.credential.name
    by_hand = f"look at why that run ended, and start it anew with reason '{reason}'. {trading(rotation)}".strip()
    notify(rotation, f"{name}: the rotation is over", f"{why} {by_hand}")
    to_do = f"Start the rotation of {name} anew with reason '{reason}': its run is dead"
    page_of_a_dead_run.replace_with(rotation, to_do, f"{why.removesuffix(':')}.")
