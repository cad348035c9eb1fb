"""From pause to resume a brake that somebody releases is told and engaged again: nobody verified the new pair yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from blocks import doing
from blocks.answer import Answer
from blocks.brakes.interface import Brake
from blocks.errors import RekeyError
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import at_once, estate, recording
from blocks.prefect_api.recording import NOTED
from blocks.proofs import Record
from blocks.wire.parallel import together
from tasks.brakes import brake_switch, standstill
from tasks.run.notify import notify
from tasks.run.watched import REFUSALS, Watched, ask_all

STEP = Step.PAUSE


@dataclass
class WatchedBrake(Watched):
    """One brake that is meant to be on, and how often in a row its page said that trading is on."""

    brake: Brake
    seen_on: int = 0
    # Whether people were told since the page said last that trading is stopped.
    told: bool = False

    @property
    def is_released(self) -> bool:
        """Whether trading is on. One answer may come from a dyno that is being replaced."""
        return self.seen_on >= REFUSALS

    def ask(self) -> None:
        """Ask its page once. Unknown is no alarm, and no proof either that it is on: what was heard before counts."""
        enabled = at_once.act(self._says)
        if enabled is Answer.YES:
            self.seen_on += 1
        elif enabled is Answer.NO:
            self.seen_on, self.told = 0, False

    def _says(self) -> Answer:
        with estate.runtime(self.brake.runtime).get_client() as client:
            found = self.brake.trading(partial(client.trading_health, self.brake.route, self.brake.field))
            return at_once.heard(found).answer


class BrakeWatch:
    """The brakes of this run's rotation, from the moment they are proved to be on until they are released."""

    def __init__(self) -> None:
        self._rotation: Rotation | None = None
        self._brakes: list[WatchedBrake] = []
        self._acting = threading.Lock()

    def begin(self, rotation: Rotation) -> None:
        """From now on they are meant to be on. Waits until one that is being engaged again is on."""
        with self._acting:
            if self._rotation is None or self._rotation.id != rotation.id:
                self._brakes = [WatchedBrake(one) for one in rotation.credential.brakes]
            self._rotation = rotation

    def end(self) -> None:
        """From now on they may be released. What was begun about one is done to the end."""
        with self._acting:
            self._rotation, self._brakes = None, []

    def look(self) -> None:
        """Ask their pages once, and engage again what somebody released. Raises LedgerError after that."""
        ask_all(list(self._brakes))
        with self._acting:
            released = [one.brake for one in self._brakes if one.is_released]
            if self._rotation is not None and released:
                self.engage_again(self._rotation, released)

    def news_of(self, brakes: Sequence[Brake]) -> list[Brake]:
        """Those of them of which people were not told since their page said last that trading is stopped."""
        told = [one.brake for one in self._brakes if one.told]
        for one in self._brakes:
            if one.brake in brakes:
                one.seen_on, one.told = 0, True
        return [one for one in brakes if one not in told]

    def engage_again(self, rotation: Rotation, released: Sequence[Brake]) -> None:
        """Tell that somebody released these, and engage all of them. Raises LedgerError after that."""
        news = self.news_of(released)
        _, problem = together(lambda: _tell(rotation, news), lambda: _engaged(rotation))
        _conclude(rotation, news, problem)
        standstill.note(rotation, proved=not problem)


_watch: ContextVar[BrakeWatch | None] = ContextVar("brakes that are watched in this run", default=None)


@contextmanager
def watched() -> Iterator[BrakeWatch]:
    """Let the steps of this run say when their brakes are meant to be on."""
    before = _watch.set(watch := BrakeWatch())
    try:
        yield watch
    finally:
        _watch.reset(before)
        watch.end()


def begin(rotation: Rotation) -> None:
    """The brakes of this rotation are proved to be on: watch them from now on."""
    watch = _watch.get()
    if watch is not None:
        watch.begin(rotation)


def end() -> None:
    """The brakes are about to be released on a verified pair, or because nothing was touched."""
    watch = _watch.get()
    if watch is not None:
        watch.end()


def told_when_changed(rotation: Rotation, engage: Callable[[list[Brake]], None]) -> None:
    """Let a step engage them; those that it finds off and adds to the list are told, never put back without a word."""
    changed: list[Brake] = []
    problem = ""
    try:
        engage(changed)
    except RekeyError as error:
        problem = str(error)
        raise
    finally:
        if changed:
            watch = _watch.get()
            news = watch.news_of(changed) if watch is not None else changed
            _tell(rotation, news)
            _conclude(rotation, news, problem)


def _tell(rotation: Rotation, news: Sequence[Brake]) -> None:
    if news:
        notify(rotation, f"{rotation.credential.name}: somebody let trading go on", _sentence(rotation, news))


def _conclude(rotation: Rotation, news: Sequence[Brake], problem: str) -> None:
    """Told and recorded before, it is tried again as long as the page says that trading is on."""
    if not news:
        return
    if problem:
        notify(rotation, f"{rotation.credential.name}: trading may be on", f"{problem} Stop trading by hand.")
    proof = "They are not proved to be on." if problem else "They are proved to be on again."
    step = doing.newest_step() or STEP
    proofs = [f"{_sentence(rotation, news)} {proof}"]
    recording.write(rotation, Action.STEP, {"step": step, "outcome": NOTED, "proofs": proofs})


def _sentence(rotation: Rotation, released: Sequence[Brake]) -> str:
    named = ", ".join(one.label for one in released)
    return (
        f"Somebody changed {named} while {rotation.credential.name} is being rotated, and trading was on with a pair "
        "that is not verified: rekey engages it again. If trading is meant to go on, do what its form asks, and "
        "start the rotation again where no form waits: rekey releases the brakes itself as soon as that is safe."
    )


def _engaged(rotation: Rotation) -> str:
    """What is wrong with the brakes after that; empty when all are proved to be on."""
    try:
        brake_switch.set_all(rotation.credential.brakes, Record(), engaged=True, timeout_s=brake_switch.HELD_PATIENCE_S)
    except RekeyError as error:
        return str(error)
    return ""
