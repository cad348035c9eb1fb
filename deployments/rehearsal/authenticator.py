"""A passkey in software, for robots and tests: a P-256 key, a counter, and WebAuthn's bytes around both.

As a browser and an authenticator together (WebAuthn level 3, sections 5.8.1, 6.1 and 6.5.4; read 2026-11-28).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from blocks.operators.assertion import Assertion
from blocks.operators.passkeys import Site
from blocks.sealed.keys import text_of

_USED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


@dataclass(slots=True)
class Authenticator:
    """One passkey, for one site. ``flags`` are what it says of whoever uses it: present and verified."""

    site: Site
    counter: int = 0
    flags: AuthenticatorData.FLAG = _USED
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False)

    def register(self, challenge: bytes) -> dict[str, Any]:
        """The RegistrationResponseJSON for this challenge."""
        client_data = self._client_data(CollectedClientData.TYPE.CREATE, challenge)
        point = self.key.public_key().public_numbers()
        # COSE: an EC2 key for ES256 on P-256 (RFC 9053, section 7.1.1).
        public_key = ES256({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        known = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public_key)
        seen = self._data(self.flags | AuthenticatorData.FLAG.AT, known)
        attestation = AttestationObject.create("none", seen, {})
        response: Mapping[str, str] = {
            "clientDataJSON": text_of(client_data),
            "attestationObject": text_of(attestation),
        }
        return {"id": text_of(self.credential_id), "rawId": text_of(self.credential_id), "response": dict(response)}

    def sign(self, challenge: bytes, operator: str) -> Assertion:
        """The signature of this challenge by this operator."""
        self.counter += 1
        client_data = self._client_data(CollectedClientData.TYPE.GET, challenge)
        seen = self._data(self.flags)
        signature = self.key.sign(seen + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return Assertion(operator, text_of(self.credential_id), text_of(client_data), text_of(seen), text_of(signature))

    def _client_data(self, kind: str, challenge: bytes) -> CollectedClientData:
        return CollectedClientData.create(kind, challenge, self.site.origin)

    def _data(self, flags: AuthenticatorData.FLAG, known: bytes = b"") -> AuthenticatorData:
        host = sha256(self.site.host.encode()).digest()
        return AuthenticatorData(host + bytes([flags]) + self.counter.to_bytes(4) + known)
