"""Which credential is the key to the places of another: rekey itself asks with it, through a block of its own.

Read from the catalog: a consumer of the kind ``rekey-block`` names the block that it opens, and every credential whose
vault, consumer or brake is asked through that block needs it. Two may need each other.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from blocks.catalog import Catalog
from blocks.entry import DOCUMENT
from blocks.model.credential import Credential


def keys_of(catalog: Catalog, credential: Credential) -> tuple[str, ...]:
    """The names of the other credentials that open what rekey needs to rotate this one."""
    needed = _needed(catalog, credential)
    return tuple(one.name for one in catalog.siblings(credential.name) if _opened(one) & needed)


def opened_by(catalog: Catalog, credential: Credential) -> tuple[str, ...]:
    """The names of the other credentials that are rotated with this one."""
    opened = _opened(credential)
    return tuple(one.name for one in catalog.siblings(credential.name) if opened & _needed(catalog, one))


def mutual(catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """The pairs of credentials that need each other."""
    needed = {one.name: keys_of(catalog, one) for one in catalog.enabled}
    return tuple((one, other) for one in needed for other in needed[one] if one < other and one in needed[other])


def in_order(names: Sequence[str], keys: Mapping[str, Iterable[str]]) -> list[str]:
    """These names in their own order, but each behind its keys; of those that need each other the first one first."""
    left, ordered = list(names), list[str]()
    while left:
        free = (one for one in left if not set(keys.get(one, ())) & (set(left) - {one}))
        chosen = next(free, left[0])
        left.remove(chosen)
        ordered.append(chosen)
    return ordered


def _opened(credential: Credential) -> set[str]:
    return {_plain(one.opens) for one in credential.consumers if one.opens}


def _needed(catalog: Catalog, credential: Credential) -> set[str]:
    """The blocks with whose tokens it is rotated."""
    places = [*(one.block for one in credential.consumers), *(one.block for one in credential.brakes)]
    return {_plain(catalog.vault_of(credential)), *(_slug(place) for place in places if place)}


def _plain(block: str) -> str:
    return block.removesuffix(f"/{DOCUMENT}")


@cache
def _slug(place: str) -> str:
    return str(pkgutil.resolve_name(place).get_block_type_slug())
