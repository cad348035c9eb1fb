"""A vendor as a Prefect block: where it is, the token with which rekey is let in, and a client for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from prefect.blocks.abstract import CredentialsBlock


class VendorBlock(CredentialsBlock):
    """What every block of rekey's has: ``get_client``, and addresses that the catalog pins."""

    # The addresses in the block: field -> entry of the catalog's [hosts].
    addresses: ClassVar[Mapping[str, str]] = {}
