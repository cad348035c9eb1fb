"""The name that was typed into a form beside what else was entered: a claim, as Prefect keeps it.

It is read back where no run came to read the form: the ledger has no row that names anybody then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from blocks.ledger import operators
from blocks.operators import assertion, codes
from blocks.operators.act import PROOF

UNKNOWN = "somebody whose name was lost"
# A key ID has at least 16 characters, so no shorter word is one.
SHORTEST_KEY = 16
# Longer words of a person are letters of which few are capitals, also in parts, or an address. Nothing random is that.
MOST_CAPITALS = 2
_PARTS = re.compile(r"[-.'\u2019]")
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# What was given as a proof, for people.
PASSKEY, CODE = "a passkey", "a one-time code"


def name_of(typed: str, *secret: SecretStr) -> str:
    """The name to record. One that looks like a key, pasted into the wrong field, is withheld; the entry goes on."""
    hidden = [one.get_secret_value().strip() for one in secret]
    if any(one and one in typed for one in hidden) or any(_looks_like_a_key(word) for word in typed.split()):
        return "name withheld (it looked like a key)"
    return typed.strip()


def _looks_like_a_key(word: str) -> bool:
    if len(word) < SHORTEST_KEY:
        return False
    if _ADDRESS.fullmatch(word):
        return not all(len(one) < SHORTEST_KEY or _is_written(one) for one in re.split(r"[@._+-]", word))
    return not all(_is_written(one) for one in _PARTS.split(word))


def _is_written(part: str) -> bool:
    return part.isalpha() and sum(one.isupper() for one in part) <= MOST_CAPITALS


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
