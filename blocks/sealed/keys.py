"""The keys to which one rotation's entry is sealed: the public halves are shown, the private ones lie in the vault.

Two pairs, because not every browser has X25519: one that has not seals to the P-256 key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from pydantic import SecretStr

from blocks.errors import Unopened
from blocks.model.plan import canonical

X25519_LENGTH, P256_LENGTH = 32, 32
# What the vault keeps: without white space at its ends, and nothing that the vault takes for a reference.
_PREFIX = "rekey-sealing-1"
_TEXT = re.compile(rf"{_PREFIX}\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_RAW, _POINT = serialization.Encoding.Raw, serialization.Encoding.X962
_RAW_FORMAT, _UNCOMPRESSED = serialization.PublicFormat.Raw, serialization.PublicFormat.UncompressedPoint


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Both public keys, raw, as base64url without padding; that of P-256 is an uncompressed point of 65 bytes."""

    x25519: str
    p256: str

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of both, as hex digits."""
        return hashlib.sha256(canonical(self.as_context())).hexdigest()

    def as_context(self) -> dict[str, str]:
        """For the ledger."""
        return {"x25519": self.x25519, "p256": self.p256}

    @classmethod
    def from_context(cls, kept: Mapping[str, str]) -> PublicKeys:
        """Back from the ledger."""
        return cls(kept["x25519"], kept["p256"])


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SealingKey:
    """Both private keys. Shows neither."""

    x25519: x25519.X25519PrivateKey = field(repr=False)
    p256: ec.EllipticCurvePrivateKey = field(repr=False)

    def __repr__(self) -> str:
        return f"SealingKey({self.public.hash})"

    @property
    def public(self) -> PublicKeys:
        """What everybody may know of it."""
        point = self.p256.public_key().public_bytes(_POINT, _UNCOMPRESSED)
        return PublicKeys(text_of(self.x25519.public_key().public_bytes(_RAW, _RAW_FORMAT)), text_of(point))

    @property
    def text(self) -> SecretStr:
        """Both in one line, as the vault keeps them."""
        scalar = self.p256.private_numbers().private_value.to_bytes(P256_LENGTH, "big")
        return SecretStr(f"{_PREFIX}.{text_of(self.x25519.private_bytes_raw())}.{text_of(scalar)}")


def new_key() -> SealingKey:
    """A key for one rotation."""
    return SealingKey(x25519.X25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1()))


def key_of(text: SecretStr) -> SealingKey:
    """Back from the vault. Raises Unopened for what is no sealing key."""
    found = _TEXT.fullmatch(text.get_secret_value())
    halves = [bytes_of(one) for one in found.groups()] if found else []
    made = _made(*halves) if [len(one) for one in halves] == [X25519_LENGTH, P256_LENGTH] else None
    if made is None:
        raise Unopened(
            "What the vault's folder rekey/ keeps as this rotation's sealing key is none.",
            "Delete it there, and start the rotation again: it makes another one.",
        )
    return made


def _made(x25519_half: bytes, p256_half: bytes) -> SealingKey | None:
    scalar = int.from_bytes(p256_half, "big")
    try:
        return SealingKey(
            x25519.X25519PrivateKey.from_private_bytes(x25519_half), ec.derive_private_key(scalar, ec.SECP256R1())
        )
    except ValueError:
        # Zero, or beyond the curve's order. Raised by the caller, unchained: this one may repeat the number.
        return None


def text_of(content: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """What this is the base64url of; empty for what is none, or could be written in another way as well."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return content if text_of(content) == text else b""
