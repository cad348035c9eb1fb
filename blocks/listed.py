"""What a list of kinds has of each: what a catalog must know, and where its class is.

The class is a Prefect block, and Prefect takes seconds to load: whoever only reads a catalog does not wait for it.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Listed:
    """``place`` is ``module:Class``; ``realms`` are an issuer's, and ``takes_orders`` is a running application's."""

    place: str
    realms: tuple[str, ...] = ()
    takes_orders: bool = False

    def load(self) -> type[Any]:
        """The class."""
        found: type[Any] = pkgutil.resolve_name(self.place)
        return found
