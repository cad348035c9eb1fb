"""A vendor as a Prefect block: where it is, the token with which rekey is let in, and a client for both."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import ClassVar

from prefect.blocks.abstract import CredentialsBlock


class VendorBlock(CredentialsBlock, ABC):
    """What every block of rekey's has: ``get_client``, and addresses that the catalog pins.

    A contract names ABC itself, as this one does: Prefect offers no type then of which no block can be made.
    """

    # The addresses in the block: field -> entry of the catalog's [hosts].
    addresses: ClassVar[Mapping[str, str]] = {}
