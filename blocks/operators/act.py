"""What a person does in a rotation, as it is signed: the challenge of a passkey is the hash of all of it.

So a signature is good for one form of one rotation, for the text that was shown and for what was chosen, and whoever
has the ledger can check it later without asking anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from blocks.model.plan import canonical, hash_of


def shown(description: str, schema: Mapping[str, Any]) -> str:
    """The hash of what a form showed: its text and its schema, as Prefect's store has them."""
    return hash_of({"description": description, "schema": schema})


@dataclass(frozen=True, slots=True)
class Act:
    """One answer to one form. Nothing in it is secret."""

    rotation: str
    step: str
    # The base of the keys under which Prefect keeps the form: there is no second form with it.
    form: str
    # The hash of what was shown: see ``shown``.
    shown: str
    # What is chosen, by the names of the form's fields, without secrets and without the proof itself.
    chosen: Mapping[str, Any] = field(default_factory=dict)
    # SHA-256 of the sealed text in hex; empty where nothing was sealed.
    sealed: str = ""

    @property
    def challenge(self) -> bytes:
        """What a passkey signs: 32 bytes."""
        return hashlib.sha256(canonical(self.as_context())).digest()

    def as_context(self) -> dict[str, Any]:
        """For the ledger; what is hashed, too."""
        return asdict(self)

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Act:
        """Back from the ledger. Raises TypeError for what is none."""
        return cls(**context)
