"""One run of a rotation in an example, and a pair that Prefect took."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from blocks.issuers.alpaca.pair import Pair
from tests.chaos.attempt import Attempt
from tests.chaos.moments import Moment
from tests.chaos.rows import is_locked, ledger_file

POLL_S = 0.05


@dataclass(slots=True)
class Run:
    """One start of a rotation: its process, and the flow run that Prefect knows by its name."""

    attempt: Attempt
    credential: str
    frozen: bool = False
    # What is to happen to it at a later moment.
    fate: Moment | None = None
    _looking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """The flow run's name."""
        return self.attempt.name

    @property
    def is_alive(self) -> bool:
        """Whether its process exists, frozen or not."""
        with self._looking:
            return self.attempt.is_alive

    @property
    def acts(self) -> bool:
        """Whether its process exists and is not frozen."""
        return self.is_alive and not self.frozen

    def kill(self) -> None:
        """As a lost machine ends."""
        with self._looking:
            self.attempt.kill()

    def freeze(self) -> None:
        """As a laptop that is closed.

        Not within a transaction: whoever is stopped there keeps the ledger for itself, and nobody can go on.
        """
        with self._looking:
            while self.attempt.is_alive and not self.frozen:
                self.attempt.freeze()
                self.frozen = not is_locked(ledger_file())
                if not self.frozen:
                    self.attempt.thaw()
                    time.sleep(POLL_S / 10)

    def thaw(self) -> None:
        """As one that is opened again."""
        self.frozen = False
        self.attempt.thaw()


@dataclass(frozen=True, slots=True)
class Submitted:
    """A pair that Prefect took, for which credential, and into the form of which flow run."""

    pair: Pair
    credential: str
    run: str
