"""What is signed on the console outside of a form, where a passkey is asked for: the challenge, and who signed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

from blocks.errors import ProofRefused
from blocks.ledger.ledger import Ledger
from blocks.model.credential import Credential
from blocks.operators import outside, policy, registry
from blocks.operators.act import Act
from blocks.operators.passkeys import Site
from blocks.operators.prove import Proof
from blocks.operators.registry import PASSKEY
from blocks.sealed.keys import text_of
from blocks.settings import Settings
from deployments.console.answering import Body, Refused, assertion_of, usable
from deployments.console.known import Reader

# What is signed, given the name under which that is done.
ActOf = Callable[[str], Act]
NO_PROOF = "This is signed with a passkey: reload the page, and press the button there."


class Signing:
    """The signatures of one console."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self._reader = reader
        self._site = Site.of(settings.console_url)

    def is_wanted(self, credential: Credential) -> bool:
        """Whether a passkey proves who acts for this credential. Raises LedgerError."""
        ledger = self._reader.ledger
        known = registry.of(ledger) if ledger else registry.Registry()
        return policy.wanted(credential, known) == PASSKEY

    def asked(self, name: str, act_of: ActOf) -> Body:
        """What this operator's passkey signs, and which passkeys are theirs. Raises LedgerError."""
        done = act_of(outside.new_name(datetime.now(UTC)))
        known = {one.credential_id: name for one in usable(self._ledger(), name, self._site.host)}
        return {"rp": self._site.host, "challenge": text_of(done.challenge), "known": known, "form": done.form}

    def proof(self, name: str, credential: Credential, body: Body, act_of: ActOf) -> Proof | None:
        """Who signed it; None where no signature is asked for. Raises Refused, Transient and LedgerError."""
        if not self.is_wanted(credential):
            return None
        if not isinstance(body.get("form"), str) or "assertion" not in body:
            raise Refused(NO_PROOF, HTTPStatus.FORBIDDEN)
        signed = assertion_of(body["assertion"])
        if signed.operator != name:
            raise Refused(f"Another operator signed it than {name}, who is logged in.", HTTPStatus.FORBIDDEN)
        done, now = act_of(str(body["form"])), datetime.now(UTC)
        try:
            return outside.proved(self._ledger(), self._site, done, signed, credential.role, now)
        except ProofRefused as problem:
            raise Refused(str(problem), HTTPStatus.FORBIDDEN) from None

    def _ledger(self) -> Ledger:
        if self._reader.ledger is None:
            raise Refused("The console has not found a ledger with rows yet: reload in a moment.")
        return self._reader.ledger
