"""How an issuer calls what it mints, and what a person does for a new one: what every sentence for people says.

The product writes "pair" and is read as the issuer calls it: ``said`` is asked where a sentence leaves (the ledger, a
form, a message, a page). Half sentences about the click are fields, because they differ by more than a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from blocks.model.rotation import Todo

PAIR = "pair"
# A whole word of a sentence: no part of a name, a path or an address, and nothing that stands as code.
_PAIR = re.compile(r"(`[^`\n]*`)|(?<![\w/.:@-])([Pp])air(s?)(?![\w/@-])")


@dataclass(frozen=True, slots=True)
class Words:
    """Alpaca's, unless an issuer says otherwise: its page has a button Regenerate that makes a pair."""

    thing: str = PAIR
    # What a person does, as an order; that it was done; and that nobody did.
    click: str = "click Regenerate"
    clicked: str = "Regenerate was clicked"
    nobody_clicked: str = "nobody clicked Regenerate"
    nobody_has: str = "nobody has clicked Regenerate"
    # What is to be done now, as an order.
    orders: Mapping[Todo, str] = field(default_factory=lambda: {one: one.value for one in Todo})

    def said(self, text: str) -> str:
        """The sentence with the issuer's own word for what it mints."""
        return text if self.thing == PAIR else _PAIR.sub(self._instead, text)

    def _instead(self, found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        return f"{self.thing.capitalize() if found[2] == 'P' else self.thing}{found[3]}"


def words_for(thing: str) -> Words:
    """Of a page on which a person makes a new one: a ``thing`` such as a token or a key; Alpaca's without one."""
    if not thing:
        return Words()
    return Words(
        thing,
        f"make a new {thing}",
        f"a new {thing} was made",
        f"nobody made a new {thing}",
        f"nobody has made a new {thing}",
        {
            Todo.REGENERATE: f"make a new {thing}, and enter it",
            Todo.COPY: f"copy the new {thing} again",
            Todo.ENTER: f"enter the new {thing} that the page shows",
            Todo.ENTER_AGAIN: f"enter the same {thing} again",
        },
    )
