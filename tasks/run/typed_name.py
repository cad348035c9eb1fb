"""The name that was typed into a form beside what else was entered: a claim, as Prefect keeps it.

It is read back where no run came to read the form: the ledger has no row that names anybody then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from blocks.ledger import operators
from blocks.operators import assertion, codes
from blocks.operators.act import PROOF

UNKNOWN = "somebody whose name was lost"
# A key ID has at least 16 characters; a longer word is no part of a person's name that somebody would miss.
LONGEST_WORD_OF_A_NAME = 15
# What was given as a proof, for people.
PASSKEY, CODE = "a passkey", "a one-time code"


def name_of(typed: str, *secret: SecretStr) -> str:
    """The name to record. One that looks like a key, pasted into the wrong field, is withheld; the entry goes on."""
    hidden = [one.get_secret_value().strip() for one in secret]
    if any(one and one in typed for one in hidden) or any(len(word) > LONGEST_WORD_OF_A_NAME for word in typed.split()):
        return "name withheld (it looked like a key)"
    return typed.strip()


def typed_in(values: Mapping[str, Any], *secret: SecretStr) -> str:
    """Who typed these values of a form, as they say themselves; ``UNKNOWN`` where they do not, or no name can be read.

    ``secret`` is what was entered beside the name.
    """
    name = operators.normalised(str(values.get("operator") or ""))
    return name_of(name, *secret) if operators.problem_of(name) is None else UNKNOWN


def proof_in(values: Mapping[str, Any]) -> str:
    """By what whoever typed these values meant to prove the name, which nobody has checked here; empty for nothing."""
    given = str(values.get(PROOF) or "").strip()
    if assertion.is_one(given):
        return PASSKEY
    return CODE if codes.is_one(given) else ""
