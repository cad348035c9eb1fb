"""A passkey's signature as it travels through a form's one text field, and is kept in the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from blocks.errors import ProofRefused
from blocks.model.plan import canonical
from blocks.sealed.keys import bytes_of, text_of

VERSION = "rekey-act-1"
# An assertion has about 700 bytes; a form that holds much more is none of the console's.
LONGEST = 4096
NOT_ONE = "What stands in the proof is no signature of rekey's console."
AGAIN = "Answer the form on the console again, with your passkey."


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a browser returns of a passkey (WebAuthn's AuthenticatorAssertionResponse), in base64url; nothing secret."""

    # Who it says it is: whether the passkey is that operator's is checked.
    operator: str
    credential_id: str
    client_data: str
    authenticator_data: str
    signature: str

    @property
    def text(self) -> str:
        """As a form takes it."""
        return f"{VERSION}.{text_of(canonical(asdict(self)))}"


def is_one(text: str) -> bool:
    """Whether it means to be one."""
    return text.startswith(f"{VERSION}.")


def read(text: str) -> Assertion:
    """Back from the form's text. Raises ProofRefused, which repeats nothing."""
    found: object = None
    if len(text) <= LONGEST and is_one(text):
        try:
            found = json.loads(bytes_of(text.removeprefix(f"{VERSION}.")))
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise ProofRefused(NOT_ONE, AGAIN)
    if found.keys() != {"operator", "credential_id", "client_data", "authenticator_data", "signature"}:
        raise ProofRefused(NOT_ONE, AGAIN)
    return Assertion(**found)
