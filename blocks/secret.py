"""A pair (key ID and secret) and its fingerprint, the only form in which a secret is ever shown or recorded."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from pydantic import SecretStr

# What can be an Alpaca key ID at all (legacy ones have 20, current ones 26 characters).
# The prefix is a hint, never a gate.
KEY_ID = re.compile(r"[A-Z0-9]{16,40}")
FINGERPRINT_LENGTH = 12


def fingerprint(secret: SecretStr) -> str:
    """First 12 hex digits of the SHA-256 of the secret (40 or more random characters, so it cannot be guessed back)."""
    return hashlib.sha256(secret.get_secret_value().encode()).hexdigest()[:FINGERPRINT_LENGTH]


@dataclass(frozen=True, slots=True)
class Pair:
    """Key ID and secret key. They always move together: half a pair is a fault."""

    key_id: str
    secret: SecretStr

    @property
    def fingerprint(self) -> str:
        """The pair's name in logs, forms, the ledger and the vault's pending folder."""
        return fingerprint(self.secret)

    def same_as(self, other: Pair) -> bool:
        """Whether both halves are equal, compared in constant time."""
        return hmac.compare_digest(self.key_id, other.key_id) and hmac.compare_digest(
            self.secret.get_secret_value(), other.secret.get_secret_value()
        )

    def __repr__(self) -> str:
        return f"Pair({self.fingerprint})"
