"""Every issuer that rekey knows, by its word in the catalog."""

from __future__ import annotations

from blocks.errors import CatalogError
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.interface import Issuer

ISSUERS: dict[str, type[Issuer]] = {one.word: one for one in (Alpaca,)}


def kind_called(word: str) -> type[Issuer]:
    """The issuer with this word. Raises CatalogError for one that is not known."""
    found = ISSUERS.get(word)
    if found is None:
        raise CatalogError(f"There is no issuer {word!r}.", f"These are known: {', '.join(ISSUERS)}.")
    return found
