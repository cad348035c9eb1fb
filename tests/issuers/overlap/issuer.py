"""The issuer of these tests, as a block of rekey's: minted by a person, revoked by its API."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, SecretStr

from blocks.answer import Answer
from blocks.errors import Missing, Refused, StepError, Unclear, VendorError
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import (
    By,
    Confirmation,
    FormField,
    Identity,
    Instructions,
    MintForm,
    OldDies,
    Situation,
    Traits,
)
from blocks.secret import Minted
from blocks.wire.http import Http
from blocks.wire.replies import Reply
from tests.issuers.overlap.twin import SLOTS, TOKEN


class Overlap(Issuer):
    """Where it is."""

    _block_type_name = "Overlap"
    _block_type_slug = "overlap"

    called: ClassVar[str] = "Overlap"
    word: ClassVar[str] = "overlap"
    traits: ClassVar[Traits] = Traits(OldDies.AT_REVOKE, By.PERSON, By.API, slots=SLOTS)
    fields: ClassVar[tuple[str, ...]] = ("token",)
    realms: ClassVar[tuple[str, ...]] = ("test",)
    fixed: ClassVar[Mapping[str, str]] = {"account_number": "account"}
    addresses: ClassVar[Mapping[str, str]] = {"url": "issuers.overlap"}

    url: str = Field(default="https://overlap.example.com", title="Address", description="Base URL of its API.")

    def get_client(self) -> Http:
        """A client. Close it, or use it as a context manager."""
        return Http(self.called, self.url)

    def accepts(self, realm: str, minted: Minted) -> Answer:
        """Whether it accepts the pair. Never raises."""
        try:
            self.identify(realm, minted)
        except Refused:
            return Answer.NO
        except VendorError:
            return Answer.UNKNOWN
        return Answer.YES

    def identify(self, realm: str, minted: Minted, *, closely: bool = False) -> Identity:  # noqa: ARG002  # one realm, nothing to compare
        """Whose the pair is. Raises the vendor's errors."""
        body = self._ask("read account", minted, "GET", "/v1/account").body
        account = body.get("account") if isinstance(body, dict) else None
        if not isinstance(account, str):
            raise Unclear(vendor=self.called, operation="read account", fault="no account in the answer")
        return Identity(account, {"account_number": account}, str(body["status"]))

    def made_up(self, realm: str) -> Minted:  # noqa: ARG002  # there is one
        """A pair that nobody was issued."""
        return Minted({"token": SecretStr(secrets.token_hex(20))})

    def instructions(self, situation: Situation) -> Instructions:  # noqa: ARG002  # it is always the same
        """What to do on its page."""
        return Instructions(
            at_stake="A new pair ends nothing: the old one lives until rekey revokes it.",
            steps="1. Make a second pair at Overlap, and paste both values.",
            otherwise="If a second pair is shown already, paste that.",
            next="rekey asks Overlap whose the pair is",
        )

    @classmethod
    def form(cls, realm: str) -> MintForm:  # noqa: ARG003  # there is one
        """One value, and a switch."""
        return MintForm(
            {"token": FormField("Token", "It is shown once.", {"type": "string", "minLength": 1}, "a token")},
            (Confirmation("switcher_says_test", "It is the test account", "There is no other one."),),
        )

    def demand_a_free_slot(self, realm: str, minted: Minted) -> str:  # noqa: ARG002  # there is one
        """Raises StepError when every slot is taken."""
        body = self._ask("list keys", minted, "GET", "/v1/keys").body
        count = len(body["keys"])
        if count >= SLOTS:
            raise StepError(f"Overlap holds {count} keys already.", "Delete the one that nobody uses.")
        return f"Overlap holds {count} of {SLOTS} keys."

    def revoke(self, realm: str, old: Minted, new: Minted) -> None:  # noqa: ARG002  # there is one
        """Delete the old key; one that is gone is gone."""
        try:
            own = self._ask("read key", old, "GET", "/v1/key").body
            self._ask("delete key", new, "DELETE", f"/v1/keys/{own['id']}")
        except (Missing, Refused):
            return

    def _ask(self, operation: str, pair: Minted, method: str, path: str) -> Reply:
        with self.get_client() as http:
            return http.ask(operation, method, path, headers={TOKEN: pair.secret})
