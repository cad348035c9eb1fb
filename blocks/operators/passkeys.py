"""Passkeys (WebAuthn level 3): registered once, and then each act is signed by one and checked here, with fido2.

The user has to be verified (PIN, finger, face), the origin is the console's own to the letter, and the counter must not
go back: one that does belongs to a copy of the authenticator. Authenticators without a counter always say 0.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

from blocks.errors import ProofRefused
from blocks.operators.assertion import AGAIN, Assertion
from blocks.sealed.keys import bytes_of, text_of

_ResultT = TypeVar("_ResultT")
# What fido2 2.2 raises for data that is none: it reads bytes and JSON without looking first.
_NO_DATA = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    struct.error,
)
# What it says for each thing that is wrong, and what is told in its place: its own text is not for people.
_TOLD = {
    "Incorrect type": "it is a registration where a signature is asked for, or the reverse",
    "Invalid origin": "it was made on another page than this rekey's console",
    "Wrong challenge": "it signs something else than this form as it was shown and filled in",
    "Wrong RP ID": "it was made for another site than this rekey's console",
    "User Present": "nobody touched the authenticator",
    "User verification": "the authenticator did not verify who used it (PIN, finger or face)",
    "Invalid signature": "its signature is wrong",
}
_UNREADABLE = "it cannot be read"


@dataclass(frozen=True, slots=True)
class Site:
    """For which site passkeys are: the host of the console's address, and that address itself."""

    host: str
    origin: str

    @classmethod
    def of(cls, console_url: str) -> Site:
        """Of the console at this address."""
        parts = urlsplit(console_url)
        host, usual = parts.hostname or "", {"https": 443, "http": 80}.get(parts.scheme)
        port = "" if parts.port in {None, usual} else f":{parts.port}"
        return cls(host, f"{parts.scheme}://{host}{port}")

    @property
    def is_https(self) -> bool:
        """Whether it is reached by https."""
        return self.origin.startswith("https:")


@dataclass(frozen=True, slots=True)
class Passkey:
    """One authenticator of an operator: its public half, as it is kept in the ledger."""

    # Both in base64url; the key is a COSE key in CBOR (RFC 9052).
    credential_id: str
    public_key: str
    # How its owner calls it.
    called: str
    # The host that it was made for.
    host: str
    # How often it had signed when it was seen last; 0 for one that does not count.
    counter: int = 0


def registered(site: Site, challenge: bytes, response: Mapping[str, Any], called: str) -> Passkey:
    """A new passkey from a browser's RegistrationResponseJSON. Raises ProofRefused, which repeats nothing of it."""
    state = _state(challenge)

    def complete() -> AuthenticatorData:
        inner = response["response"]
        client_data, made = _client_data(inner["clientDataJSON"]), _text(inner["attestationObject"])
        shape = {"rawId": _text(response["rawId"])}
        sent = {**shape, "response": {"clientDataJSON": client_data, "attestationObject": made}}
        return _server(site).register_complete(state, sent)

    found = _told(complete, "The passkey was not registered", "Register it on the page of the link again.")
    data = found.credential_data
    if data is None or data.public_key.ALGORITHM not in CoseKey.supported_algorithms():
        raise ProofRefused("The passkey has a kind of key that rekey cannot check.", "Register another authenticator.")
    return Passkey(
        text_of(data.credential_id), text_of(cbor.encode(dict(data.public_key))), called, site.host, found.counter
    )


def one_of(known: Iterable[Passkey], assertion: Assertion) -> Passkey:
    """The passkey that made this signature. Raises ProofRefused when it is none of these."""
    found = next((one for one in known if one.credential_id == assertion.credential_id), None)
    if found is None:
        raise ProofRefused(
            "This authenticator is not registered for that operator, or not any more.",
            "Use another one, or have new ones registered: `rekey operator recover`.",
        )
    return found


def checked(site: Site, challenge: bytes, assertion: Assertion, passkey: Passkey) -> int:
    """The counter after this signature of this challenge. Raises ProofRefused, which says what does not hold."""
    counter = signed(site, challenge, assertion, passkey)
    if counter <= passkey.counter and (counter, passkey.counter) != (0, 0):
        raise ProofRefused(
            f'The counter of the authenticator "{passkey.called}" did not go on: it was used already, or copied.',
            "Answer the form again. If that is refused, too, use another authenticator, and have this operator's "
            "passkeys replaced: `rekey operator recover`.",
        )
    return counter


def signed(site: Site, challenge: bytes, assertion: Assertion, passkey: Passkey) -> int:
    """The counter that this signature of this challenge holds, whatever it was before. Raises ProofRefused."""
    known = AttestedCredentialData.create(
        Aaguid.NONE,
        bytes_of(passkey.credential_id),
        CoseKey.parse(cbor.decode(bytes_of(passkey.public_key))),  # type: ignore[arg-type]  # CBOR of a mapping
    )

    def complete() -> int:
        made = {"authenticatorData": assertion.authenticator_data, "signature": assertion.signature}
        client_data = _client_data(assertion.client_data)
        response = {"rawId": assertion.credential_id, "response": {"clientDataJSON": client_data, **made}}
        _server(site).authenticate_complete(_state(challenge), [known], response)
        return AuthenticatorData(bytes_of(assertion.authenticator_data)).counter

    return _told(complete, "The signature does not prove who it was", AGAIN)


def _client_data(text: object) -> str:
    """The text, if it is a browser's client data. Raises ValueError, and what ``json`` raises."""
    found = json.loads(bytes_of(_text(text)))
    for name in ("type", "challenge", "origin"):
        _text(found[name])
    return _text(text)


def _text(value: object) -> str:
    """The value, if it is a text: of a number fido2 2.2 would make as many bytes as it says. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError
    return value


def _server(site: Site) -> Fido2Server:
    """fido2 alone would also take the subdomains of the host."""
    return Fido2Server(
        PublicKeyCredentialRpEntity(name="rekey", id=site.host), verify_origin=lambda origin: origin == site.origin
    )


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": text_of(challenge), "user_verification": UserVerificationRequirement.REQUIRED}


def _told(complete: Callable[[], _ResultT], problem: str, remedy: str) -> _ResultT:
    try:
        return complete()
    except _NO_DATA as error:
        said = str(error)
    why = next((told for begins, told in _TOLD.items() if said.startswith(begins)), _UNREADABLE)
    raise ProofRefused(f"{problem}: {why}.", remedy)
