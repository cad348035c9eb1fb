"""What cannot be a new pair by its looks alone. No message repeats what was typed: it may be the secret."""

from __future__ import annotations

import re
from collections.abc import Mapping

from blocks.issuers.alpaca.pair import KEY_ID, key_id_of
from blocks.issuers.pasted import AROUND, FOREIGN, said_of
from blocks.issuers.terms import Hint, Wrong
from blocks.secret import Minted

# Alpaca's secrets have 40 (legacy) or 44 characters; the margins are for what Alpaca may do next.
SHORTEST_SECRET = 32
LONGEST_SECRET = 128
_LOOKS_LIKE_KEY_ID = re.compile(r"[PAC]K[A-Z0-9]{18,24}")
# How key IDs of a realm usually begin.
PREFIX = {"paper": "PK", "live": "AK"}
_FOREIGN = "holds characters that no Alpaca secret has."
_BOTH = "Copy both values again from the dashboard page, which still shows them."


def hints(realm: str) -> Mapping[str, tuple[Hint, ...]]:
    """What to say while a pair is typed, by its fields: the same as ``looks_wrong``, and of which realm it seems."""
    others = {other: prefix for other, prefix in PREFIX.items() if other != realm}
    return {
        "key_id": (
            *AROUND,
            Hint(r"^(?![A-Z0-9]{16,40}$)", "A key ID has 16 to 40 capital letters and digits. Copy it again."),
            *(
                Hint(
                    f"^{prefix}", f"This looks like a key of {other} trading: {realm} keys begin with {PREFIX[realm]}."
                )
                for other, prefix in others.items()
            ),
        ),
        "secret": (
            *AROUND,
            Hint(
                f"^{_LOOKS_LIKE_KEY_ID.pattern}$", "This is a key ID: the halves are exchanged, or it was copied twice."
            ),
            Hint(r"\s", "White space is inside, so it was copied in pieces. Copy it again."),
            Hint(FOREIGN.pattern, f"It {_FOREIGN} Copy it again."),
            Hint(
                rf"^(?![\s\S]{{{SHORTEST_SECRET},{LONGEST_SECRET}}}$)",
                "Alpaca's secrets have 40 or 44 characters. Copy it again.",
            ),
            Hint(r"\$\{", f"It {_FOREIGN} Copy it again."),
        ),
    }


def looks_wrong(pair: Minted) -> Wrong | None:
    """What is wrong with the looks of this pair; None when it can be a pair."""
    secret = pair.secret.get_secret_value()
    for called, half in (("key ID", key_id_of(pair)), ("secret", secret)):
        around = said_of(half, AROUND)
        if around:
            return Wrong(f"The {called} is not alone. {around} {_BOTH}", worth_keeping=_storable(pair))
    if _LOOKS_LIKE_KEY_ID.fullmatch(secret):
        return Wrong(
            f"The secret field holds a key ID: the halves are exchanged, or the key ID was copied twice. {_BOTH}"
        )
    if not KEY_ID.fullmatch(key_id_of(pair)):
        return Wrong(f"The key ID is not 16 to 40 capital letters and digits. {_BOTH}", worth_keeping=_storable(pair))
    if re.search(r"\s", secret):
        return Wrong(
            f"The secret has white space inside, so it was copied in pieces. {_BOTH}", worth_keeping=_storable(pair)
        )
    if re.search(FOREIGN.pattern, secret):
        # Alpaca is never asked about these, so to wait for its answer would be to wait for ever.
        changed = "Chats and notebooks change quotes, dots and letters."
        return Wrong(f"The secret {_FOREIGN} {changed} {_BOTH}", worth_keeping=_storable(pair))
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        return Wrong(
            f"The secret has {len(secret)} characters; Alpaca's have 40 or 44. {_BOTH}", worth_keeping=_storable(pair)
        )
    if not _storable(pair):
        return Wrong(f"The secret {_FOREIGN} {_BOTH}", worth_keeping=False)
    return None


def _storable(pair: Minted) -> bool:
    """Whether the vault would return it as it is: it expands ``${``, and keeps white space inside."""
    values = (key_id_of(pair), pair.secret.get_secret_value())
    return all(
        value and "${" not in value and re.sub(r"\s", "", value).isprintable() and len(value) <= LONGEST_SECRET
        for value in values
    )
