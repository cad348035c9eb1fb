"""Base mode of HPKE, written once more from RFC 9180 (sections 4 and 5), so that two independent ones have to agree.

Only what a single message needs: HKDF-SHA256, AES-GCM, sequence number 0.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# RFC 9180, section 7: the numbers of KEMs, and of AES-GCM by the length of its key.
X25519, P256 = 0x0020, 0x0010
AEADS = {16: 0x0001, 32: 0x0002}


@dataclass(frozen=True)
class Hpke:
    """One suite. ``key_length`` is that of AES-GCM."""

    kem: int
    key_length: int = 32

    def open(self, sealed: bytes, private: Any, info: bytes, aad: bytes = b"") -> bytes:
        """Raises InvalidTag."""
        length = 32 if self.kem == X25519 else 65
        enc, ciphertext = sealed[:length], sealed[length:]
        key, nonce = self._key(self._agreed(private, self._public(enc)), enc, self._raw(private.public_key()), info)
        return AESGCM(key).decrypt(nonce, ciphertext, aad)

    def seal(self, plain: bytes, public: bytes, info: bytes, ephemeral: Any, aad: bytes = b"") -> bytes:
        """The ephemeral public key, then the ciphertext; ``public`` is the recipient's, raw."""
        enc = self._raw(ephemeral.public_key())
        key, nonce = self._key(self._agreed(ephemeral, self._public(public)), enc, public, info)
        return enc + AESGCM(key).encrypt(nonce, plain, aad)

    def _key(self, agreed: bytes, enc: bytes, public: bytes, info: bytes) -> tuple[bytes, bytes]:
        kem = b"KEM" + self.kem.to_bytes(2, "big")
        shared = expand(kem, extract(kem, b"", b"eae_prk", agreed), b"shared_secret", enc + public, 32)
        suite = b"HPKE" + b"".join(one.to_bytes(2, "big") for one in (self.kem, 0x0001, AEADS[self.key_length]))
        context = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
        secret = extract(suite, shared, b"secret", b"")
        return expand(suite, secret, b"key", context, self.key_length), expand(
            suite, secret, b"base_nonce", context, 12
        )

    def _agreed(self, private: Any, public: Any) -> bytes:
        agreed: bytes = private.exchange(public) if self.kem == X25519 else private.exchange(ec.ECDH(), public)
        return agreed

    def _public(self, raw: bytes) -> Any:
        if self.kem == X25519:
            return x25519.X25519PublicKey.from_public_bytes(raw)
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)

    def _raw(self, public: Any) -> bytes:
        form = (
            (Encoding.Raw, PublicFormat.Raw) if self.kem == X25519 else (Encoding.X962, PublicFormat.UncompressedPoint)
        )
        raw: bytes = public.public_bytes(*form)
        return raw


def extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + material, hashlib.sha256)


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """At most 32 bytes: one block of HKDF."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labelled + b"\x01", hashlib.sha256)[:length]
