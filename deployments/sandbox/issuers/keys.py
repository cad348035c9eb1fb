"""The keys of one account at a simulated issuer: which live, which are dying, and who asks with one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse


@dataclass
class Knobs:
    """How this issuer may behave, where nobody documents it."""

    # Ended keys are refused only when so many more requests with one were accepted.
    late: int = 0
    # How many of the next requests with a key that lives are refused all the same.
    refuses: int = 0


@dataclass
class Keys:
    """Living keys by their ids, oldest first. ``slots`` is how many there may be; None for as many as anybody likes."""

    make: Callable[[], str]
    slots: int | None = None
    knobs: Knobs = field(default_factory=Knobs)
    living: dict[str, str] = field(default_factory=dict)
    _dying: list[str] = field(default_factory=list)

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

    def replace(self) -> str:
        """End all of them and make a new one, as a vendor with one key does at the click."""
        for one in list(self.living.values()):
            self.delete(one)
        return self.mint()

    def is_accepted(self, key: str | None) -> bool:
        """Whether somebody with this key is let in now."""
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
