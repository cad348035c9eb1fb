"""The keys of one account at a simulated issuer: which live, which are dying, and who asks with one."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse

# Of an ended key that flaps one in so many requests is accepted: between them are more refusals than a proof has.
FLAPS = 7


@dataclass
class Knobs:
    """How this issuer may behave, where nobody documents it."""

    # Ended keys are refused only when so many more requests with one were accepted.
    late: int = 0
    # How many of the next requests with a key that lives are refused all the same.
    refuses: int = 0
    # By how many seconds its clock is ahead of this machine's.
    clock_ahead_s: float = 0.0
    # Whether a key whose time is over lives on all the same.
    outlives: bool = False
    # For so many seconds after its end a key is accepted now and then: once in FLAPS requests.
    flaps_s: float = 0.0


@dataclass
class Keys:
    """Living keys by their ids, oldest first. ``slots`` is how many there may be; None for as many as anybody likes."""

    make: Callable[[], str]
    slots: int | None = None
    knobs: Knobs = field(default_factory=Knobs)
    living: dict[str, str] = field(default_factory=dict)
    _dying: list[str] = field(default_factory=list)
    # When a key that lives ends by the clock, by its value; and when each ended, with how often it was asked since.
    _ends_at: dict[str, float] = field(default_factory=dict)
    _ended_at: dict[str, float] = field(default_factory=dict)
    _asked: dict[str, int] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether no further key can be made."""
        return self.slots is not None and len(self.living) >= self.slots

    def mint(self) -> str:
        """Make one, as a person does on the page. Raises ValueError when every slot is taken."""
        if self.is_full:
            raise ValueError("all slots are taken: delete one first")
        made = self.make()
        self.living[secrets.token_hex(4)] = made
        return made

    def delete(self, key: str) -> None:
        """End this one, by its value. Raises ValueError for one that does not live."""
        found = next((one for one, value in self.living.items() if value == key), None)
        if found is None:
            raise ValueError("no such key")
        self._dying.append(self.living.pop(found))
        self._ended_at[key] = self.now

    @property
    def now(self) -> float:
        """By its clock."""
        return time.time() + self.knobs.clock_ahead_s

    def rotate(self, key: str, lives_s: float) -> str:
        """Make a new key beside this one, which ends after so many seconds. Raises ValueError as ``delete`` does."""
        if key not in self.living.values():
            raise ValueError("no such key")
        self._ends_at[key] = self.now + lives_s
        made = self.mint()
        self._end_what_is_due()
        return made

    def _end_what_is_due(self) -> None:
        for key, ends_at in list(self._ends_at.items()):
            if self.now >= ends_at and not self.knobs.outlives:
                del self._ends_at[key]
                if key in self.living.values():
                    self.delete(key)
                    self._ended_at[key] = ends_at

    def _flaps(self, key: str) -> bool:
        """Whether a key that ended is accepted this one time."""
        if self.now - self._ended_at[key] >= self.knobs.flaps_s:
            return False
        self._asked[key] = self._asked.get(key, 0) + 1
        return self._asked[key] % FLAPS == 0

    def replace(self) -> str:
        """End all of them and make a new one, as a vendor with one key does at the click."""
        for one in list(self.living.values()):
            self.delete(one)
        return self.mint()

    def has_ended(self, key: str | None) -> bool:
        """Whether it lived here once, and does no more."""
        return key in self._ended_at

    def is_accepted(self, key: str | None) -> bool:
        """Whether somebody with this key is let in now."""
        self._end_what_is_due()
        if key in self._ended_at and self._flaps(key):
            return True
        if key in self._dying and self.knobs.late > 0:
            self.knobs.late -= 1
            return True
        if key not in self.living.values():
            return False
        if self.knobs.refuses > 0:
            self.knobs.refuses -= 1
            return False
        return True


def bearer(request: Request) -> str | None:
    """The key in the header ``Authorization: Bearer``."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" and key else None


def refusal(body: object, status: int = 401) -> JSONResponse:
    """How the vendor refuses."""
    return JSONResponse(body, status)
