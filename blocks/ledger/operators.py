"""Who acts, as the ledger names it: rekey by itself, or a person. A name that is typed is a claim.

Whoever reaches Prefect's API may type any name. So a row that a person decided says "claimed by", which no typed name
can pass off as rekey's own doing, or "proved to be" when an operator proved it; everything else is by rekey.
"""

from __future__ import annotations

import unicodedata

from blocks import free_text
from blocks.text import is_seen

SHORTEST, LONGEST = 2, 80
_CLAIMED, _PROVED = "claimed by ", "proved to be "


def claimed_by(name: str) -> str:
    """The actor of what a person decided."""
    return f"{_CLAIMED}{name}"


def proved_to_be(name: str, role: str, how: str) -> str:
    """The actor of what an enrolled operator did, who proved to be the one by a passkey or a code (``how``)."""
    return f"{_PROVED}{name} ({role}, {how})"


def is_proved(actor: str) -> bool:
    """Whether a row with this actor says that an operator proved it."""
    return actor.startswith(_PROVED)


def rekey_in(run_name: str) -> str:
    """The actor of what rekey does by itself."""
    return f"rekey (run {run_name})"


def normalised(typed: str) -> str:
    """One spelling of a name: composed characters, and one plain space between its words."""
    spaced = "".join(" " if unicodedata.category(one) == "Zs" else one for one in typed)
    return " ".join(word for word in unicodedata.normalize("NFC", spaced).split(" ") if word)


def problem_of(typed: str) -> str | None:
    """Why it is no name for the record, and what to type instead; None when it is one.

    What was typed is not repeated: it may be a secret in the wrong field.
    """
    name = normalised(typed)
    hidden = next((one for one in name if not is_seen(one)), None)
    if hidden is not None:
        return (
            f"The name holds a character that nobody sees (U+{ord(hidden):04X}: a line break, a control or a mark of "
            "direction). Type it by hand, in one line."
        )
    if not SHORTEST <= len(name) <= LONGEST:
        return f"The name has {len(name)} characters. Type {SHORTEST} to {LONGEST}."
    if not any(one.isalnum() for one in name):
        return "The name has no letter. Type the name by which your colleagues know you."
    return None


def refusal_of(typed: str) -> str | None:
    """As ``problem_of``, and for what looks like a secret: for whoever can be sent away, because nothing waits.

    Of a form, to which a pair belongs that may be shown only once, such a name is withheld instead
    (tasks/run/typed_name.py).
    """
    return problem_of(typed) or free_text.secret_in(typed)
