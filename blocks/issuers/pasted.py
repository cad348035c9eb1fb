"""What came along when a value was pasted, whatever its issuer's values look like, and what no request can carry.

Chats, notebooks and files put things around a value and change its characters. Nothing of that is the value, so nobody
is asked about it: an issuer that was never asked says nothing, and waiting would not help.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from blocks.issuers.terms import Hint
from blocks.secret import Minted

# A value may end with one or two =, never hold one: base64 is filled up so.
NAMED = Hint(
    r"^(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=[^=]", "A name and = stand before it. Copy only the value behind them."
)
QUOTED = Hint(r"^[\"'`]|[\"'`][,;]?$", "Quotes stand around it. Copy it without them.")
AROUND = (NAMED, QUOTED)
# What a header can carry of a value: printable ASCII without the blank.
FOREIGN = Hint(
    r"[^\x21-\x7e]", "It holds characters that no such value has: chats and notebooks change quotes, dots and letters."
)


def said_of(value: str, hints: Iterable[Hint]) -> str:
    """What the first of these that applies says of the value; empty for none. It never repeats what was pasted."""
    return next((one.told for one in hints if re.search(one.pattern, value)), "")


def can_be_sent(minted: Minted) -> bool:
    """Whether a request can carry every value as it is."""
    values = [one.get_secret_value() for one in minted.values.values()]
    return all(value and not re.search(FOREIGN.pattern, value) for value in values)


def foreign_in(value: str) -> str:
    """Which character of the value no request can carry, and where, as the end of a sentence; empty for none."""
    found = re.search(FOREIGN.pattern, value)
    if found is None:
        return ""
    where = "at its end" if found.end() == len(value) else f"as character {found.start() + 1} of {len(value)}"
    return f"holds a character that no such value has: U+{ord(found[0]):04X} {where}"
