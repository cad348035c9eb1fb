"""Tell the end: who heard of trouble, or of a form, hears once that it is over, when that is proved.

Each message says whether trading stands, too, as the ledger has it at that moment.

Looks first at the ledger: an end that was told is not told again.
"""

from __future__ import annotations

from prefect.logging import get_run_logger

from blocks.errors import RekeyError
from blocks.ledger import deaths
from blocks.ledger import trading as stands
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED
from tasks.run.notify import Kind, notify

STEP = Step.RESUME
# True whatever stands now.
GOES_ON = "rekey lets trading go on only when the new pair is proved everywhere."


def stopping(*credentials: Credential) -> str:
    """A sentence about their trading for who tells of dead keys while the brakes go on: nothing is proved yet."""
    braked = [one.name for one in credentials if one.brakes]
    free = [f"Trading with {one.name} is not stopped: it has no brakes." for one in credentials if not one.brakes]
    now = f"rekey is stopping trading with {' and '.join(braked)} now; if that is not proved, another message says so."
    return " ".join([*([now] if braked else []), *free])


def trading(rotation: Rotation) -> str:
    """A sentence that says whether trading stands, since when and for how long; empty for one without brakes."""
    if not rotation.credential.brakes:
        return ""
    try:
        killed = deaths.unsettled(recording.open_ledger(), rotation.credential.name)
        told = stands.told_now(rotation.credential, recording.history_of(rotation), killed)
    except RekeyError:
        return "Whether trading is stopped is unknown: the ledger does not answer."
    return f"Trading: {told}."


def tell_end(rotation: Rotation, headline: str, text: str, *, good: bool = True) -> None:
    """Send it once in this rotation. Never raises: what is over stays so. ``good`` when nobody has to do anything."""
    try:
        if headline in recording.history_of(rotation).notices.ends:
            return
        if notify(rotation, headline, text, kind=Kind.NEWS if good else Kind.ALARM):
            proofs = [f"People on call were told: {headline}."]
            facts = {"step": STEP, "outcome": NOTED, "end_told": headline, "proofs": proofs}
            recording.write(rotation, Action.STEP, facts)
    except RekeyError as error:
        get_run_logger().warning("%s", error)
