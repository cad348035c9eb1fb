"""What cannot be a new pair by its looks alone. No message repeats what was typed: it may be the secret."""

from __future__ import annotations

import re
from dataclasses import dataclass

from blocks.model.credential import Credential
from blocks.model.rotation import Todo
from blocks.secret import KEY_ID, Pair

# Alpaca's secrets have 40 (legacy) or 44 characters; the margins are for what Alpaca may do next.
SHORTEST_SECRET = 32
LONGEST_SECRET = 128
_LOOKS_LIKE_KEY_ID = re.compile(r"[PAC]K[A-Z0-9]{18,24}")
_BOTH = "Copy both values again from the dashboard page, which still shows them."


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a typed pair is not the right one, as a sentence for the operator."""

    problem: str
    # What the operator has to do now.
    todo: Todo = Todo.COPY
    # It may be somebody's real secret, shown once: it stays staged in the vault.
    worth_keeping: bool = True
    # It works, but belongs to something else: it is not deleted when this rotation ends.
    misplaced: bool = False
    # The other credential of the catalog that it belongs to, if there is one.
    owner: Credential | None = None


def looks_wrong(pair: Pair, old: str, *, is_dead: bool = False) -> Finding | None:
    """What is wrong with the looks of this pair; None when it can be a pair.

    ``old`` is the old pair's fingerprint, ``is_dead`` whether it is known to be dead.
    """
    secret = pair.secret.get_secret_value()
    if pair.fingerprint == old and is_dead:
        told = "That is the old pair, which is dead. Copy the new one from the dashboard page, which still shows it."
        return Finding(told, todo=Todo.ENTER, worth_keeping=False)
    if pair.fingerprint == old:
        return Finding(
            "That is the old pair: its secret is the one that is in use now. Click Regenerate and copy what it shows.",
            todo=Todo.REGENERATE,
            worth_keeping=False,
        )
    if _LOOKS_LIKE_KEY_ID.fullmatch(secret):
        return Finding(
            f"The secret field holds a key ID: the halves are exchanged, or the key ID was copied twice. {_BOTH}"
        )
    if not KEY_ID.fullmatch(pair.key_id):
        return Finding(f"The key ID is not 16 to 40 capital letters and digits. {_BOTH}", worth_keeping=_storable(pair))
    if re.search(r"\s", secret):
        return Finding(
            f"The secret has white space inside, so it was copied in pieces. {_BOTH}", worth_keeping=_storable(pair)
        )
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        return Finding(
            f"The secret has {len(secret)} characters; Alpaca's have 40 or 44. {_BOTH}", worth_keeping=_storable(pair)
        )
    if not _storable(pair):
        return Finding(f"The secret holds characters that no Alpaca secret has. {_BOTH}", worth_keeping=False)
    return None


def _storable(pair: Pair) -> bool:
    """Whether the vault would return it as it is: it expands ``${``, and keeps white space inside."""
    values = (pair.key_id, pair.secret.get_secret_value())
    return all(
        value and "${" not in value and re.sub(r"\s", "", value).isprintable() and len(value) <= LONGEST_SECRET
        for value in values
    )
