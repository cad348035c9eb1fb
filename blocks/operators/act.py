"""What a person does in a rotation, as it is signed: the challenge of a passkey is the hash of all of it.

So a signature is good for one form of one rotation, for the text that was shown and for what was chosen, and whoever
has the ledger can check it later without asking anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import SecretStr

from blocks.model.plan import canonical, hash_of
from blocks.secret import fingerprint


def shown(description: str, schema: Mapping[str, Any]) -> str:
    """The hash of what a form showed: its text and its schema, as Prefect's store has them."""
    return hash_of({"description": description, "schema": schema})


# The fields of a form that hold the proof itself, and what was sealed.
PROOF, SEALED = "proof", "sealed"
# The switch of a form by which somebody ends the rotation instead of doing what it asks for.
STOPS = "stop_here"


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


def texts_of(values: Mapping[str, Any], minted: Sequence[str]) -> list[str]:
    """What somebody wrote into a form beside the proof, a pair and their name, which a run records as it is.

    A choice is in rekey's words: one that looks like a secret must neither block its form nor lose a pair beside it.
    """
    kept = {PROOF, SEALED, "operator", "choice", *minted}
    return [value for name, value in values.items() if isinstance(value, str) and name not in kept]


def act_of(
    rotation: str, step: str, form: str, what_was_shown: str, values: Mapping[str, Any], minted: Sequence[str]
) -> Act:
    """The act of whoever submitted these values into a form: a person's page and the run make the same of them.

    ``minted`` are the fields of a pair. A pair that was not sealed is named by its fingerprint.
    """
    chosen = {name: value for name, value in values.items() if name not in {PROOF, SEALED, *minted}}
    typed = str(values.get(minted[-1]) or "").strip() if minted else ""
    if typed:
        chosen["pair"] = fingerprint(SecretStr(typed))
    sealed = str(values.get(SEALED) or "")
    return Act(
        rotation, step, form, what_was_shown, chosen, hashlib.sha256(sealed.encode()).hexdigest() if sealed else ""
    )
