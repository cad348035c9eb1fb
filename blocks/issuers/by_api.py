"""An issuer whose API makes a key and ends one: no person is needed, and none is asked.

A key is made under a label, in which its rotation is named. So a key whose answer was lost is found again: nobody can
read its value any more, so it is ended, and another one is made. A key that asks is never ended by its own question.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import StepError, Unclear
from blocks.issuers import expiry
from blocks.issuers.keyed import Keyed
from blocks.issuers.listed_key import Listed
from blocks.issuers.terms import By, Hint, Instructions, MintForm, OldDies, Situation, Traits, Wrong
from blocks.model.credential import Credential
from blocks.model.rotation import Todo
from blocks.secret import Minted
from blocks.wire.exchange import LIST_BYTES
from blocks.wire.replies import Reply

# How the labels of all rotations begin.
LABEL = "rekey r-"
# More than a rotation asks with the old key, with all its tries.
USES = 500


class ByApi(Keyed, ABC):
    """What all such issuers share. A kind says how keys are listed, made and ended, and which one is a value's."""

    traits: ClassVar[Traits] = Traits(OldDies.AT_REVOKE, By.API, By.API, slots=None)
    # What helps a key that may not do this; and what somebody does so that rekey finds out which of the listed keys is
    # the one with this fingerprint.
    may: ClassVar[str]
    how_to_name: ClassVar[str]

    @abstractmethod
    def listed(self, realm: str, minted: Minted) -> Sequence[Listed]:
        """All keys of the same owner, as this one. Raises the vendor's errors: Refused for one that may not ask."""

    @abstractmethod
    def own(self, realm: str, minted: Minted, listed: Sequence[Listed]) -> Listed | None:
        """Which of these the key itself is; None when that is not known. Raises the vendor's errors."""

    @abstractmethod
    def make(self, realm: str, minted: Minted, label: str, like: Listed) -> Minted:
        """One more key like that one, as this key. Raises the vendor's errors: then it may be made all the same."""

    @abstractmethod
    def end(self, realm: str, minted: Minted, key: Listed) -> None:
        """End that key, as this one; one that is gone is gone. Raises the vendor's errors."""

    def demand_a_free_slot(self, realm: str, minted: Minted) -> str:
        """It may list keys, and knows which one it is. Raises StepError, and the vendor's errors."""
        listed = self.listed(realm, minted)
        own = self._known(realm, minted, listed)
        if own.uses_left is not None and own.uses_left < USES:
            raise StepError(
                f"The current key is good for {own.uses_left} more questions only, and a rotation may need {USES}.",
                f"Make one without such a limit at {self.called}, put it where this one is, and start again.",
            )
        how_many = f"{len(listed)} {'key' if len(listed) == 1 else 'keys'}"
        told = f"{self.called} lists {how_many}, and which of them is the current one is known."
        left = [one.id for one in listed if one.label.startswith(LABEL) and one.id != own.id]
        if left:
            told += f" Made by other rotations, and living still: {', '.join(left)}. End there what nobody uses."
        return told

    def mint(self, realm: str, minted: Minted, label: str) -> Minted:
        """Make a key under this label, as the current one; what a lost answer left under it is ended before."""
        self.discard(realm, minted, label)
        own = self._known(realm, minted, self.listed(realm, minted))
        return self.make(realm, minted, label, own)

    def discard(self, realm: str, keep: Minted, label: str) -> tuple[str, ...]:
        """End every key under this label but the one that is kept, as that one; return their ids."""
        listed = self.listed(realm, keep)
        own = self._known(realm, keep, listed)
        left = [one for one in listed if one.is_under(label) and one.id != own.id]
        for one in left:
            self.end(realm, keep, one)
        return tuple(one.id for one in left)

    def revoke(self, realm: str, old: Minted, new: Minted) -> None:
        """End the old key, as the new one. Raises the vendor's errors, and StepError when nobody knows which it is."""
        listed = self.listed(realm, new)
        own, found = self._known(realm, new, listed), self.own(realm, old, listed)
        if found is not None and found.id != own.id:
            self.end(realm, new, found)
        elif found is not None or self.accepts_yet(realm, old) is not Answer.NO:
            raise self._not_known(old)

    def misfit(self, credential: Credential, minted: Minted, now: datetime) -> Wrong | None:
        """That it ends before its next rotation. Raises the vendor's errors."""
        own = self.own(credential.realm, minted, self.listed(credential.realm, minted))
        told = expiry.too_early(credential, own.ends if own else None, now)
        return Wrong(f"The new key {told}", todo=Todo.REGENERATE, worth_keeping=False) if told else None

    def asked(self, operation: str, bearer: SecretStr, method: str, path: str, **request: Any) -> Reply:
        """One request with this token. Raises the vendor's errors."""
        header = SecretStr(f"Bearer {bearer.get_secret_value()}")
        headers = {"Authorization": header, **request.pop("headers", {})}
        request |= {"if_refused": self.may, "writes": method != "GET", "largest": LIST_BYTES}
        with self.get_client() as http:
            reply: Reply = http.ask(operation, method, path, headers=headers, **request)
        return reply

    def unclear(self, operation: str, fault: str) -> Unclear:
        """The error for an answer that says neither yes nor no, and would say no more the next time."""
        return Unclear(vendor=self.called, operation=operation, fault=fault, transient=False)

    def unreadable(self, operation: str, thing: str) -> Unclear:
        """The error for one of a list that is not as documented."""
        return self.unclear(operation, f"{thing} lacks a field, or it is of another type than documented")

    def value_in(self, operation: str, body: object, name: str) -> SecretStr:
        """What is made, under its name in the answer. Raises Unclear."""
        value = body.get(name) if isinstance(body, dict) else None
        if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
            raise self.unclear(operation, "what was made is not in the answer")
        return SecretStr(value)

    def _known(self, realm: str, minted: Minted, listed: Sequence[Listed]) -> Listed:
        own = self.own(realm, minted, listed)
        if own is None:
            raise self._not_known(minted)
        return own

    def _not_known(self, minted: Minted) -> StepError:
        return StepError(
            f"Which of the keys that {self.called} lists has the fingerprint {minted.fingerprint} is not known, so "
            "rekey could never end that one, and none but that one.",
            self.how_to_name.format(fingerprint=minted.fingerprint),
        )

    @classmethod
    def looks_wrong(cls, minted: Minted) -> None:  # nobody typed it
        """Nothing: it is as its issuer's own API answered."""

    @classmethod
    def hints(cls, realm: str) -> Mapping[str, tuple[Hint, ...]]:  # noqa: ARG003  # nobody types it
        """None."""
        return {}

    @classmethod
    def form(cls, realm: str) -> MintForm:  # noqa: ARG003  # nobody types it
        """Nothing is asked."""
        return MintForm({})

    def instructions(self, situation: Situation) -> Instructions:  # noqa: ARG002  # nobody clicks
        """Nothing is to be done there."""
        told = f"rekey makes the new key at {self.called} by itself, and ends the old one when everything runs with it."
        return Instructions(at_stake=told, steps="", otherwise="", next=f"rekey asks {self.called} whose the key is")
