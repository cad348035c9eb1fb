"""Every Prefect block of rekey, by being imported: those of the kinds that other packages bring, too.

Prefect's entry point group ``prefect.collections`` names this module (pyproject.toml). So whichever process of Prefect
looks for collections knows their types: a server registers them when it starts, and its pages offer them.
"""

from __future__ import annotations

import pkgutil

from blocks.kinds import KINDS
from blocks.listed import ISSUERS, RUNTIMES, VAULTS
from blocks.vendor_block import VendorBlock


def block_types() -> tuple[type[VendorBlock], ...]:
    """Each once: issuers, vaults, running applications, and whoever is written to."""
    listed = (*ISSUERS.values(), *VAULTS.values(), *RUNTIMES.values())
    places = [one.place for one in listed if one.has_block]
    places += [one.block for one in KINDS.consumers] + [one.block for one in KINDS.brakes]
    return tuple(dict.fromkeys(pkgutil.resolve_name(place) for place in places if place))


TYPES = block_types()
