"""What is watched while a form waits: each is asked in a thread of its own, so that one that hangs hides no other."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.errors import RekeyError
from blocks.model.credential import Credential
from blocks.prefect_api import estate
from blocks.prefect_api.issuers import issuer_of
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.vaults import pending
from blocks.wire.beside import Beside

# One refusal may be a hiccup; two in a row are a dead pair, and still told within ten seconds. An outage of its
# login looks the same for one pair: the status and body of a dead key are given to any key then, a made-up pair is
# refused on a healthy host, too, and no route of it answers without a key. Only another valid pair on the same host
# could tell them apart at once; where the rotation has none there, time does: a dead pair never comes back. So it is
# told as a death, and taken back when it is accepted again.
REFUSALS = 2
# So often in a row, REKEY_LOOKOUT_INTERVAL_S apart: right after the click an issuer may accept the old pair still.
ACCEPTANCES = 3
# How long one look waits for the answers. One that comes later counts in the next look.
LOOK_S = 1.0


@dataclass
class Watched(ABC):
    """Something that is asked again and again."""

    _asking: Beside | None = field(default=None, init=False, repr=False)

    @property
    def is_being_asked(self) -> bool:
        """Whether an answer is still waited for."""
        return self._asking is not None and self._asking.is_busy

    @abstractmethod
    def ask(self) -> None:
        """Ask once, and keep what the answer says. Raises the errors of whoever is asked."""

    def begin_to_ask(self) -> None:
        """Ask once in a thread, unless it is being asked still."""
        if not self.is_being_asked:
            self._asking = Beside(self._asked)
            self._asking.begin()

    def wait(self, seconds: float) -> None:
        """Wait that long for the answer."""
        if self._asking is not None:
            self._asking.wait(max(0.0, seconds))

    def _asked(self) -> None:
        try:
            self.ask()
        except Exception as error:  # noqa: BLE001  # a foreign error may hold anything: only its kind is told
            told = str(error) if isinstance(error, RekeyError) else type(error).__name__
            get_run_logger().info("No answer, so it is asked again: %s", told)


@dataclass
class WatchedPair(Watched):
    """One current pair, read from the vault when it is asked first, and when it was refused first."""

    credential: Credential
    # The only pair that matters, by its fingerprint; None for whichever the vault holds.
    only: str | None = None
    # Whether it was accepted since this rotation's preflight: only then can it die now.
    alive: bool = True
    pair: Minted | None = None
    refused_at: datetime | None = None
    refusals: int = 0
    acceptances: int = 0
    # What the newest answer to a question of this run was; None before, and while it is asked anew.
    heard: Answer | None = None
    # Whether its death was recorded or told, or is none of this rotation's business.
    settled: bool = False
    # Whether its death was told or recorded, and can be taken back.
    told: bool = False
    # Whether its brakes were proved to be on when its death was told.
    braked: bool = False

    @property
    def is_dead(self) -> bool:
        """Whether it was alive, and is refused."""
        return self.alive and self.refusals >= REFUSALS

    @property
    def accepted(self) -> bool:
        """Whether it was accepted when it was asked last."""
        return self.acceptances > 0

    @property
    def lives_again(self) -> bool:
        """Whether its death was told, and was none."""
        return self.told and self.acceptances >= ACCEPTANCES

    @property
    def is_wanted(self) -> bool:
        """Whether an answer changes anything still: a death that was told may be none after all."""
        return self.told or not self.settled

    def ask(self) -> None:
        """Ask its issuer once whether it is accepted. Raises the vault's errors while its value is not known."""
        self.heard = None
        if self.pair is None:
            with estate.vault(self.credential.vault).get_client() as vault:
                self.pair = pending.current(vault, self.credential.vault)
            if self.only not in {None, self.pair.fingerprint}:
                self.settled, self.told = True, False
        if self.is_wanted:
            issuer, realm = issuer_of(self.credential), self.credential.realm
            answer = issuer.accepts(realm, self.pair)
            if self.told and answer is Answer.YES and issuer.refuses_made_up(realm) is not Answer.YES:
                # A host that accepts a made-up pair proves nothing by its yes.
                answer = Answer.UNKNOWN
            self.hear(answer)
            self.heard = answer

    def begin_anew(self) -> None:
        """Its death was none: it can die again."""
        self.settled = self.told = False

    def hear(self, answer: Answer) -> None:
        """Count an answer, whoever asked for it."""
        self.acceptances = self.acceptances + 1 if answer is Answer.YES else 0
        if answer is not Answer.NO:
            # Unknown is no refusal either.
            self.alive = self.alive or self.accepted
            self.refused_at, self.refusals = None, 0
            return
        self.refused_at = self.refused_at or datetime.now(UTC)
        self.refusals += 1


def proof_of_life(credential: Credential, pair: Minted) -> Answer:
    """Yes when the host accepts the pair ACCEPTANCES times in a row and refuses a made-up one each time. Never raises.

    A no is one refusal by a host that is well otherwise: no death either.
    """
    issuer, realm = issuer_of(credential), credential.realm
    for sample in range(ACCEPTANCES):
        time.sleep(read_settings().lookout_interval_s if sample else 0)
        # The made-up pair first: a host that accepts that one proves nothing by its yes.
        if issuer.refuses_made_up(realm) is not Answer.YES:
            return Answer.UNKNOWN
        answer = issuer.accepts_yet(realm, pair)
        if answer is not Answer.YES:
            return answer
    return Answer.YES


def ask_all(watched: Sequence[Watched]) -> None:
    """Ask all of them at once."""
    until = time.monotonic() + LOOK_S
    for one in watched:
        one.begin_to_ask()
    for one in watched:
        one.wait(until - time.monotonic())
