"""While a form waits, a brake that somebody releases is told and engaged again: nobody verified the new pair yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blocks import estate, recording
from blocks.answer import Answer
from blocks.credential import HerokuBrake
from blocks.errors import RekeyError
from blocks.ledger import Action
from blocks.parallel import together
from blocks.recording import NOTED, Record
from blocks.rotation import Rotation
from tasks import brakes
from tasks.notify import notify
from tasks.watched import REFUSALS, Watched


@dataclass
class WatchedBrake(Watched):
    """One brake that is meant to be on, and how often in a row its page said that trading is on."""

    brake: HerokuBrake
    seen_on: int = 0
    # Whether people were told since the page said last that trading is stopped.
    told: bool = False

    @property
    def is_released(self) -> bool:
        """Whether trading is on. One answer may come from a dyno that is being replaced."""
        return self.seen_on >= REFUSALS

    def ask(self) -> None:
        """Ask its page once. Unknown is no alarm, and no proof either that it is on: what was heard before counts."""
        with estate.raptor(self.brake.runtime).get_client() as client:
            enabled = client.trading_health(self.brake.route, self.brake.field).answer
        if enabled is Answer.YES:
            self.seen_on += 1
        elif enabled is Answer.NO:
            self.seen_on, self.told = 0, False


def watched(rotation: Rotation) -> list[WatchedBrake]:
    """The brakes that are meant to be on while the form waits. Raises LedgerError."""
    if not rotation.credential.brakes or not recording.step_rows(rotation.id, "pause") or brakes.are_over(rotation):
        return []
    return [WatchedBrake(one) for one in rotation.credential.brakes]


def engage_again(rotation: Rotation, step: str, released: Sequence[WatchedBrake]) -> None:
    """Tell people of these brakes and engage them at the same time. Raises LedgerError after that."""
    told = _sentence(rotation, released)
    is_news = not all(one.told for one in released)
    _, problem = together(lambda: _tell(rotation, told, is_news=is_news), lambda: _engaged(rotation))
    for one in released:
        one.seen_on, one.told = 0, True
    if not is_news:
        # Told and recorded before; it is tried again as long as the page says that trading is on.
        return
    if problem:
        notify(rotation, f"{rotation.credential.name}: trading may be on", f"{problem} Stop trading by hand.")
    proof = "They are not proved to be on." if problem else "They are proved to be on again."
    recording.write(rotation, Action.STEP, {"step": step, "outcome": NOTED, "proofs": [f"{told} {proof}"]})


def _sentence(rotation: Rotation, released: Sequence[WatchedBrake]) -> str:
    named = ", ".join(one.brake.label for one in released)
    return (
        f"Somebody changed {named} while {rotation.credential.name} is being rotated, and trading was on with a pair "
        "that is not verified: rekey engages it again. If trading is meant to go on, do what the form of this run "
        "asks: rekey releases the brakes itself as soon as that is safe."
    )


def _tell(rotation: Rotation, told: str, *, is_news: bool) -> None:
    if is_news:
        notify(rotation, f"{rotation.credential.name}: somebody let trading go on", told)


def _engaged(rotation: Rotation) -> str:
    """What is wrong with the brakes after that; empty when all are proved to be on."""
    try:
        brakes.engage(rotation.credential, Record(), timeout_s=brakes.HELD_PATIENCE_S)
    except RekeyError as error:
        return str(error)
    return ""
