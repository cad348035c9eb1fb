"""What an issuer mints, and its fingerprint: the only form in which a secret is ever shown or recorded."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import SecretStr

FINGERPRINT_LENGTH = 12


def fingerprint(secret: SecretStr) -> str:
    """First 12 hex digits of the SHA-256 of the secret (40 or more random characters, so it cannot be guessed back)."""
    return hashlib.sha256(secret.get_secret_value().encode()).hexdigest()[:FINGERPRINT_LENGTH]


class Shown(NamedTuple):
    """The end of one value, which may be shown: the value's field, how people call it, and its last characters."""

    field: str
    called: str
    end: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Minted:
    """The values of one credential, by the names of their fields. They always move together: a part of them is a fault.

    The last one is the secret that names all of them. Raises ValueError without any.
    """

    values: Mapping[str, SecretStr] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a credential has at least one value")

    @property
    def secret(self) -> SecretStr:
        """The value by whose fingerprint all are called."""
        return list(self.values.values())[-1]

    @property
    def fingerprint(self) -> str:
        """Their name in logs, forms, the ledger and the vault's pending folder."""
        return fingerprint(self.secret)

    def same_as(self, other: Minted) -> bool:
        """Whether the fields are the same and each value is equal, compared in constant time."""
        if self.values.keys() != other.values.keys():
            return False
        equal = [
            hmac.compare_digest(value.get_secret_value().encode(), other.values[name].get_secret_value().encode())
            for name, value in self.values.items()
        ]
        return all(equal)

    def __eq__(self, other: object) -> bool:
        return self.same_as(other) if isinstance(other, Minted) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"Minted({self.fingerprint})"
