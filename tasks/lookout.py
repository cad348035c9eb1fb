"""While a human is waited for: when does the current pair die, does another credential's pair die, how long is it.

The death of the pair that is being rotated starts the outage clock. The death of a sibling's pair is a mis-rotation in
progress, told before anything is typed. When nobody comes, the rotation is said to be held; the form stays open.
"""

from __future__ import annotations

import threading
import time
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from prefect.logging import get_run_logger

from blocks import estate, lease, misrotations, pending, prefect_runs, recording
from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.credential import Credential
from blocks.errors import LeaseLost, LedgerError, RekeyError
from blocks.ledger import Action
from blocks.recording import NOTED
from blocks.rotation import Rotation
from blocks.secret import Pair
from blocks.settings import read_settings
from tasks import misrotation
from tasks.notify import notify

STEP = "await_human_input"
# One refusal may be a hiccup; two in a row are a dead pair, and still told within ten seconds. An outage of Alpaca's
# login looks the same for one pair: the status and body of a dead key are given to any key then, a made-up pair is
# refused on a healthy host, too, and no route of it answers without a key. Only another valid pair on the same host
# could tell them apart at once; where the rotation has none there, time does: a dead pair never comes back. So it is
# told as a death, and taken back when it is accepted again.
REFUSALS = 2
LAST_LOOK_S = 1.0
MINUTE_S = 60


@dataclass
class _Watched:
    """One current pair, and when it was refused first."""

    credential: Credential
    pair: Pair
    # Whether it was accepted since this rotation's preflight: only then can it die now.
    alive: bool = True
    refused_at: datetime | None = None
    refusals: int = 0
    # Whether its death was told, or is none of this rotation's business.
    settled: bool = False
    # Whether it was told as a mis-rotation.
    told: bool = False

    def asked(self) -> Answer:
        """Ask once whether it is accepted."""
        with estate.alpaca().get_client(self.credential.environment) as client:
            answer = client.accepts(self.pair)
        if answer is not Answer.NO:
            # Unknown is no refusal either.
            self.alive = self.alive or answer is Answer.YES
            self.refused_at, self.refusals = None, 0
            return answer
        self.refused_at = self.refused_at or datetime.now(UTC)
        self.refusals += 1
        return answer

    def died(self) -> bool:
        """Ask once; whether it is dead now."""
        return self.asked() is Answer.NO and self.refusals >= REFUSALS and self.alive


class Lookout:
    """A thread beside the form. A context manager: it ends when the form was filled in."""

    def __init__(self, rotation: Rotation, step: str) -> None:
        self._rotation = rotation
        self._step = step
        self._over = threading.Event()
        self._acting = threading.Lock()
        self._until = time.monotonic() + rotation.credential.form_timeout_minutes * MINUTE_S
        self._looking = threading.Lock()
        self._own_pair: _Watched | None = None
        # In a copy of this context, because Prefect keeps its settings and its run there.
        self._thread = threading.Thread(target=copy_context().run, args=(self._watch,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        # What it has begun to do about a mis-rotation is done to the end.
        with self._acting:
            pass
        # Once more: a quick operator submits before the next look. A question in flight is not waited for long, and
        # nothing that goes wrong here may lose what was submitted.
        if self._looking.acquire(timeout=LAST_LOOK_S):
            try:
                own = self._own_pair
                if own is not None and not own.settled and own.asked() is Answer.NO:
                    self._note_death(own)
            except RekeyError as error:
                get_run_logger().info("Could not look after the current pair: %s", error)
            finally:
                self._looking.release()

    def _watch(self) -> None:
        siblings: list[_Watched] | None = None
        while not self._over.is_set():
            try:
                lease.prove()
            except LeaseLost as lost:
                # The run that acts now looks after the pairs; this one may stand at its form for days.
                get_run_logger().warning("%s", lost)
                return
            except LedgerError as error:
                # People are told of a death also while nothing can be recorded.
                get_run_logger().warning("%s", error)
            try:
                if siblings is None:
                    self._own_pair = self._own()
                    siblings = self._siblings()
                # Blocks afresh: the form may be open for an hour.
                with self._looking, estate.loaded_afresh():
                    self._look(self._own_pair, siblings)
                if time.monotonic() > self._until:
                    self._say_held()
            except Exception as error:  # noqa: BLE001  # this thread must outlive whatever it meets
                told = str(error) if isinstance(error, RekeyError) else type(error).__name__
                get_run_logger().warning("Could not look after the current pairs: %s", told)
            self._over.wait(read_settings().lookout_interval_s)

    def _look(self, own: _Watched | None, siblings: list[_Watched]) -> None:
        if own is not None and not own.settled and own.died():
            self._note_death(own)
        for one in siblings:
            if one.told and one.asked() is Answer.YES:
                one.told = False
                misrotation.taken_back(self._rotation, one.credential)
            if one.settled or self._over.is_set() or not one.died():
                continue
            if self._is_explained(one, own):
                get_run_logger().warning("%s is refused now, which is no mis-rotation.", one.credential.name)
                one.settled = True
                continue
            with self._acting:
                if not self._over.is_set():
                    one.settled = one.told = True
                    died = one.refused_at or datetime.now(UTC)
                    misrotation.by_death(self._rotation, one.credential, died, own_died=own is not None and own.settled)

    def _is_explained(self, one: _Watched, own: _Watched | None) -> bool:
        """Somebody rotates it in another run, its pair was replaced in the vault, or its host began to refuse both."""
        start = recording.open_ledger().open_start(one.credential.name)
        if start and prefect_runs.is_over(str(start.context.get("flow_run_id", ""))) is Answer.NO:
            return True
        if own is not None and own.credential.environment == one.credential.environment and _at_once(own, one):
            return True
        with estate.vault().get_client() as vault:
            return not pending.current(vault, one.credential.vault).same_as(one.pair)

    def _own(self) -> _Watched | None:
        """The old pair, unless the vault holds another one already or its death is known."""
        if self._rotation.forced or _death_noted(self._rotation):
            return None
        with estate.vault().get_client() as vault:
            pair = pending.current(vault, self._rotation.credential.vault)
        return _Watched(self._rotation.credential, pair) if pair.fingerprint == self._rotation.old else None

    def _siblings(self) -> list[_Watched]:
        """The other credentials whose pair lives, or lived when preflight looked."""
        watched = []
        ledger = recording.open_ledger()
        seen = [row.context.get("siblings", {}) for row in recording.step_rows(self._rotation.id, "preflight")]
        for one in load_catalog(read_settings().catalog).siblings(self._rotation.credential.name):
            if misrotations.unsettled(ledger, one.name):
                continue
            try:
                with estate.vault().get_client() as vault:
                    pair = pending.current(vault, one.vault)
            except RekeyError as error:
                get_run_logger().info("%s is not watched: %s", one.name, error)
                continue
            watched.append(_Watched(one, pair, alive=bool(seen) and one.name in seen[-1]))
        return watched

    def _note_death(self, own: _Watched) -> None:
        at = own.refused_at or datetime.now(UTC)
        told = f"The old pair {own.pair.fingerprint} is refused since {at:%H:%M:%S} UTC: the outage clock runs."
        get_run_logger().info("%s", told)
        own.settled = True
        recording.write(
            self._rotation,
            Action.STEP,
            {"step": STEP, "outcome": NOTED, "old_died_at": at.isoformat(), "proofs": [told]},
        )

    def _say_held(self) -> None:
        minutes = self._rotation.credential.form_timeout_minutes
        reason = f"Nobody filled in the form within {minutes} minutes."
        helps = "The form stays open, and nothing that was done is lost: fill it in."
        if self._rotation.credential.brakes:
            helps += " Trading stays stopped until then."
        self._until = float("inf")
        notify(self._rotation, f"{self._rotation.credential.name} is held", f"{reason} {helps}")
        recording.write(self._rotation, Action.HELD, {"step": self._step, "reason": reason, "what_would_help": helps})


def _at_once(first: _Watched, second: _Watched) -> bool:
    """Whether both were refused in the same looks: nobody presses two buttons so quickly."""
    if first.refused_at is None or second.refused_at is None:
        return False
    return abs((first.refused_at - second.refused_at).total_seconds()) <= REFUSALS * read_settings().lookout_interval_s


def _death_noted(rotation: Rotation) -> bool:
    return died_at(rotation) is not None


def died_at(rotation: Rotation) -> str | None:
    """When the old pair was refused first, as it was seen while the form waited; None when nobody saw it."""
    rows = recording.open_ledger().rows(rotation=rotation.id)
    return next((str(row.context["old_died_at"]) for row in rows if "old_died_at" in row.context), None)
