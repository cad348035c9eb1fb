"""An issuer of keys that go into a header: one cheap question says whose a key is, and whether it lives.

A no is REFUSALS refusals in a row, each on a connection of its own: one server may not have heard of a key yet.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Refused, Rejected, Unclear, VendorError
from blocks.issuers.interface import Issuer
from blocks.issuers.pasted import AROUND, FOREIGN, can_be_sent, said_of
from blocks.issuers.terms import Hint, Identity, Wrong
from blocks.look import Look
from blocks.model.rotation import Todo
from blocks.secret import Minted

REFUSALS = 3
FORBIDDEN = 403
# Under which name an identity keeps its subject, and how people call it.
SUBJECT = "account_number"


class Keyed(Issuer, ABC):
    """What all such issuers share. A kind says how it is asked, and what its keys look like."""

    in_headers: ClassVar[bool] = True
    refusals: ClassVar[int] = REFUSALS
    fixed: ClassVar[Mapping[str, str]] = {SUBJECT: "account"}
    # The statuses by which it refuses a key; another refusal says nothing of whether the key lives.
    refused_by: ClassVar[tuple[int, ...]] = (401,)
    # The right that a key needs to be asked whose it is, where a key may live without it.
    right: ClassVar[str] = ""
    # What each value looks like, by its field.
    looks: ClassVar[Mapping[str, Look]] = {}

    @abstractmethod
    def ask(self, realm: str, minted: Minted) -> Identity:
        """Ask once whose the key is. Raises the vendor's errors: Refused for a key that it does not accept."""

    def made_up(self, realm: str) -> Minted:  # noqa: ARG002  # one look for all realms
        """A key in today's look that nobody was issued."""
        return Minted({name: SecretStr(look.made_up()) for name, look in self.looks.items()})

    def accepts(self, realm: str, minted: Minted) -> Answer:
        """Whether it accepts the key; a no is REFUSALS refusals in a row. Never raises."""
        return self._accepts(realm, minted, self.refusals)

    def accepts_yet(self, realm: str, minted: Minted) -> Answer:
        """Whether it accepts the key this one time: its no proves nothing. Never raises."""
        return self._accepts(realm, minted, 1)

    def _accepts(self, realm: str, minted: Minted, refusals: int) -> Answer:
        try:
            self._asked(realm, minted, refusals)
        except Refused:
            return Answer.NO
        except VendorError:
            return Answer.UNKNOWN
        return Answer.YES

    def identify(self, realm: str, minted: Minted, *, closely: bool = False) -> Identity:  # noqa: ARG002  # it compares nothing else
        """Whose the key is. Raises the vendor's errors; Refused when it was refused REFUSALS times in a row."""
        return self._asked(realm, minted, self.refusals)

    def _asked(self, realm: str, minted: Minted, refusals: int) -> Identity:
        self._demand_that_it_can_be_sent(minted)
        for _ in range(refusals - 1):
            try:
                return self._once(realm, minted)
            except Refused:
                continue
        return self._once(realm, minted)

    def _once(self, realm: str, minted: Minted) -> Identity:
        try:
            return self.ask(realm, minted)
        except Refused as error:
            if error.status in self.refused_by:
                raise
            status = error.status
        raise self.no_identity(status or 0)

    def _demand_that_it_can_be_sent(self, minted: Minted) -> None:
        """Not left to the HTTP library: it would put the value into its own exception. Raises Rejected."""
        if not can_be_sent(minted):
            raise Rejected(
                vendor=self.called,
                operation=self.identifies,
                fault="the key is empty or holds a character that no key has; nothing was sent",
                remedy="Copy it again, with the page's copy button.",
            )

    @classmethod
    def looks_wrong(cls, minted: Minted) -> Wrong | None:
        """What is wrong with the looks of this key: never repeats what was typed."""
        typed = {name: one.get_secret_value() for name, one in minted.values.items()}
        for name, value in typed.items():
            look = cls.looks.get(name)
            # Some keys begin with NAME= at their own issuer.
            is_whole = look is not None and re.fullmatch(look.pattern, value) is not None
            told = "" if is_whole else said_of(value, AROUND)
            if told:
                return cls._unlike(name, f"is not alone: copy it again. {told}")
        for name, look in cls.looks.items():
            if not re.fullmatch(look.pattern, typed[name]):
                return cls._unlike(name, f"does not look like one of {cls.called}'s: copy it again, whole.")
        for name, value in typed.items():
            told = said_of(value, (FOREIGN,))
            if told:
                return cls._unlike(name, f"is not as {cls.called} shows it: copy it again. {told}")
        return None

    @classmethod
    def _unlike(cls, name: str, told: str) -> Wrong:
        return Wrong(f"The {cls._titled(name)} {told}", todo=Todo.COPY)

    @classmethod
    def hints(cls, realm: str) -> Mapping[str, tuple[Hint, ...]]:  # noqa: ARG003  # one look for all realms
        """What came along when it was pasted, and that it has another look."""
        told, along = f"This does not look like a key of {cls.called}'s.", (*AROUND, FOREIGN)
        looks = {name: (Hint(rf"^(?!(?:{look.pattern})$).", told),) for name, look in cls.looks.items()}
        return {name: (*along, *looks.get(name, ())) for name in cls.fields}

    @classmethod
    def _titled(cls, name: str) -> str:
        """How a value is called in forms."""
        return name.replace("_", " ")

    def no_identity(self, status: int) -> Unclear:
        """The error for an answer that does not say whose the key is, and of a key that may not ask: what it lacks."""
        fault, remedy = "the answer does not say whose the key is", None
        if status == FORBIDDEN and self.right:
            fault = "it does not let the key ask whose it is, which is no word on whether it lives"
            remedy = f"Grant the key {self.right} on {self.called}'s page, or make one that has it, then try again."
        return Unclear(
            vendor=self.called,
            operation=self.identifies,
            fault=fault,
            status=status,
            remedy=remedy,
            transient=False,
        )
