"""While a human is waited for: when does the current pair die, and does another credential's pair die.

The death of the pair that is being rotated starts the outage clock. The death of a sibling's pair is a mis-rotation in
progress, told before anything is typed. When nobody comes, the rotation is said to be held; the form stays open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Self

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.errors import RekeyError, Unreachable
from blocks.ledger import deaths, lease
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.issuers import called, overlaps, words_of
from blocks.settings import read_settings
from blocks.wire.beside import Beside
from tasks.lookout import explained, misrotation, too_early, way_back
from tasks.lookout.shared_looks import SharedLooks, pause_s
from tasks.person import now
from tasks.person.tell_end import trading
from tasks.run import outage
from tasks.run.notify import notify
from tasks.run.watched import ACCEPTANCES, WatchedPair

STEP = Step.AWAIT_HUMAN_INPUT
# Longer than a look waits for its answers.
LAST_LOOK_S = 2.0
BLOCKS_S = 60.0
MINUTE_S = 60


class Lookout:
    """A thread beside the form. A context manager: it ends when the form was filled in."""

    def __init__(self, rotation: Rotation, step: Step, *, lacks_the_way_back: bool = False) -> None:
        """``lacks_the_way_back`` when the form does not offer to end the rotation: it is taken back once it may."""
        self._rotation = rotation
        self._lacks_the_way_back = lacks_the_way_back
        self._renews = False
        self._step = step
        self._acting = threading.Lock()
        self._until = time.monotonic() + rotation.credential.form_timeout_minutes * MINUTE_S
        self._looking = threading.Lock()
        # Known once the ledger was read.
        self._own: WatchedPair | None = None
        self._siblings: list[WatchedPair] | None = None
        self._shared = SharedLooks()
        self._beside = Beside(self._watch)

    def __enter__(self) -> Self:
        self._beside.begin()
        return self

    def __exit__(self, why: type[BaseException] | None, *_: object) -> None:
        self._beside.over.set()
        # What it has begun to do about a mis-rotation is done to the end.
        with self._acting:
            pass
        # Once more: a quick operator submits before the next look. A question in flight is not waited for long, and
        # nothing that goes wrong here may lose what was submitted.
        if self._looking.acquire(timeout=LAST_LOOK_S):
            try:
                self._carefully(partial(self._look_once_more, is_answered=why is None))
            finally:
                self._looking.release()

    def renews(self) -> bool:
        """Whether the form was taken back here: it has to offer that the rotation is ended."""
        return self._renews

    def look_for_a_moment(self) -> None:
        """As often as a death, or that there was none, takes to be proved."""
        for _ in range(ACCEPTANCES):
            self._look()
            pairs = [one for one in (self._own, *(self._siblings or ())) if one is not None]
            time.sleep(max([read_settings().lookout_interval_s, *map(pause_s, pairs)]))

    def _watch(self) -> None:
        while not self._beside.over.is_set():
            # Blocks afresh now and then: the form may be open for an hour, and each costs Prefect a question.
            with CACHE.afresh():
                fresh_until = time.monotonic() + BLOCKS_S
                while time.monotonic() < fresh_until and not self._beside.over.is_set():
                    # The run that acts now looks after the pairs; this one may stand at its form for days. Its lease's
                    # keeper knows, and what is written here demands it.
                    if lease.is_lost():
                        return
                    with self._looking:
                        self._look()
                    if time.monotonic() > self._until:
                        self._carefully(self.say_held)
                    self._beside.over.wait(read_settings().lookout_interval_s)

    def _carefully(self, act: Callable[[], None]) -> None:
        """This thread must outlive whatever it meets, and what goes wrong with one pair must hide no other."""
        try:
            act()
        except Exception as error:  # noqa: BLE001  # the look at the other pairs goes on
            told = str(error) if isinstance(error, RekeyError) else type(error).__name__
            get_run_logger().warning("Could not look after the current pairs: %s", told)

    def _look(self) -> None:
        self._carefully(self._begin)
        own, siblings = self._own, self._siblings or []
        self._carefully(partial(self._shared.look, own, siblings))
        _show(own)
        if own is not None:
            self._carefully(partial(self._look_at_own, own))
        for one in siblings:
            self._carefully(partial(self._look_at, one))

    def _begin(self) -> None:
        """Find out whom to ask, once. Raises LedgerError: then it is tried again in the next look."""
        if self._siblings is None:
            # The old pair, unless it was dead before this rotation or the vault holds another one already.
            known = died_at(self._rotation) is not None
            own = WatchedPair(self._rotation.credential, only=self._rotation.old, settled=known, told=known)
            self._own, self._siblings = None if self._rotation.old_is_dead else own, self._others()

    def _others(self) -> list[WatchedPair]:
        """The other credentials whose pair lives, or lived when preflight looked."""
        ledger = recording.open_ledger()
        checked = recording.history_of(self._rotation).newest(Step.PREFLIGHT)
        seen = (checked.siblings if checked else None) or {}
        return [
            WatchedPair(one, alive=one.name in seen)
            for one in load_catalog(read_settings().catalog).siblings(self._rotation.credential.name)
            if not deaths.unsettled(ledger, one.name)
        ]

    def _look_at_own(self, own: WatchedPair) -> None:
        """Note that the old pair died, or that it did not after all. Raises LedgerError: then in the next look."""
        if own.lives_again:
            self._take_back(own)
        elif own.is_dead and not own.settled and not self._is_outage(own):
            self._note_death(own)

    def _look_at(self, one: WatchedPair) -> None:
        """Another credential's pair: tell that it died, or that it did not after all."""
        if one.lives_again:
            one.begin_anew()
            misrotation.taken_back(self._rotation, one)
        if one.settled or self._beside.over.is_set() or not one.is_dead or self._is_outage(one):
            return
        if explained.is_rotated(one):
            get_run_logger().warning("%s is refused now, which is no mis-rotation.", one.credential.name)
            one.settled = True
            return
        with self._acting:
            if not self._beside.over.is_set():
                one.settled = one.told = True
                own = self._own
                misrotation.by_death(self._rotation, one, own_died=own is not None and (own.told or own.is_dead))

    def _is_outage(self, one: WatchedPair) -> bool:
        """Whether its host began to refuse another pair in the same looks: nobody presses two buttons so quickly."""
        others = [other for other in (self._own, *(self._siblings or ())) if other is not None and other is not one]
        return any(explained.at_once(one, other) for other in others if other.alive and other.is_wanted)

    def _look_once_more(self, *, is_answered: bool) -> None:
        own = self._own
        if own is None or own.pair is None or own.settled or own.is_being_asked:
            return
        own.ask()
        was_clicked = is_answered and self._step == STEP and not overlaps(self._rotation.credential)
        while own.refusals and not was_clicked and not own.is_dead:
            # Nobody was told to end it, or nobody answered: one refusal is a hiccup rather than a death.
            time.sleep(read_settings().lookout_interval_s)
            own.ask()
        if own.refusals and not self._is_outage(own):
            self._note_death(own)

    def _note_death(self, own: WatchedPair) -> None:
        """Raises LedgerError: then it is noted in the next look."""
        at = own.refused_at or datetime.now(UTC)
        told = f"The old pair {self._rotation.old} is refused since {at:%H:%M:%S} UTC: the outage clock runs."
        get_run_logger().info("%s", told)
        outage.note(self._rotation, at, told)
        own.settled = own.told = True
        too_early.tell(self._rotation)

    def _take_back(self, own: WatchedPair) -> None:
        """The old pair is accepted again. Raises LedgerError: then it is withdrawn in the next look."""
        issuer = called(self._rotation.credential)
        told = (
            f"{issuer} accepts the old pair {self._rotation.old} again, {ACCEPTANCES} times in a row: its keys were "
            f"not regenerated, {issuer} itself refused them for a while."
        )
        outage.withdraw(self._rotation, told)
        own.begin_anew()
        name = self._rotation.credential.name
        text = f"{told} {self._helps(name)} {trading(self._rotation)}".strip()
        notify(self._rotation, f"{name}: not regenerated after all", text)

    def _helps(self, name: str) -> str:
        """What to do now. A form that cannot say so is taken back, and comes again."""
        go_on = f"To go on, {words_of(self._rotation.credential).click} and enter the new pair."
        if self._lacks_the_way_back and way_back.is_open(self._rotation):
            try:
                self._renews = True
                prefect_runs.go_on(self._rotation.flow_run_id)
            except Unreachable as error:
                get_run_logger().warning("%s", error)
            else:
                return f"Its form comes again. {go_on} To end the rotation instead, stop in that form."
        return (
            f"A form that is shown may say still that it is dead. {go_on} To end the rotation instead, stop in that "
            f"form where it offers that; where it does not, cancel the run and start the rotation of {name} again, "
            "which offers it."
        )

    def say_held(self) -> None:
        """Say that nobody comes, once. Raises LedgerError."""
        minutes = self._rotation.credential.form_timeout_minutes
        reason = f"Nobody filled in the form within {minutes} minutes."
        helps = "The form stays open, and nothing that was done is lost: fill it in."
        self._until = float("inf")
        told = f"{reason} {helps} {trading(self._rotation)}".strip()
        notify(self._rotation, f"{self._rotation.credential.name} is held", told)
        recording.write(self._rotation, Action.HELD, {"step": self._step, "reason": reason, "what_would_help": helps})


def _show(own: WatchedPair | None) -> None:
    """Let the run's page say what was heard of the old pair."""
    page = now.of_this_run()
    if page is not None and own is not None and own.is_wanted and not own.is_being_asked and own.pair is not None:
        page.heard_of_the_old_pair(Answer.YES if own.accepted else Answer.NO if own.refusals else Answer.UNKNOWN)


def died_at(rotation: Rotation) -> str | None:
    """When the old pair was refused first, as it was seen while the form waited; None when nobody saw it."""
    return recording.history_of(rotation).died_at
