"""A vendor as a Prefect block: where it is, the token with which rekey is let in, and a client for both."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import ClassVar, Self

from prefect.blocks.abstract import CredentialsBlock

from blocks.entry import FieldNames
from blocks.errors import StepError


class VendorBlock(CredentialsBlock, ABC):
    """What every block of rekey's has: ``get_client``, and addresses that the catalog pins.

    A contract names ABC itself, as this one does: Prefect offers no type then of which no block can be made.
    """

    # The addresses in the block: field -> entry of the catalog's [hosts].
    addresses: ClassVar[Mapping[str, str]] = {}
    # Whether there are several of them, each under a name of its own in the catalog.
    has_instances: ClassVar[bool] = False
    # Whether a worker keeps it on its own disk: an alarm or a brake needs it, also while Prefect is away.
    outlives_prefect: ClassVar[bool] = False
    # Whether this one is that copy, and not Prefect's.
    _is_kept: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it is the copy on this worker's own disk, which may be older than Prefect's."""
        return self._is_kept

    def as_kept(self) -> Self:
        """This one, as the copy that it is."""
        self._is_kept = True
        return self

    def address_in(self, realm: str) -> str:
        """Where people correct the address of a realm, as half a sentence."""
        return f"the {realm} address in the {self.get_block_type_name()} block (Prefect UI, Blocks)"

    def try_out(self, place: FieldNames | None) -> str:  # noqa: ARG002  # for who has nothing to try out
        """Use the token as rekey does, and say what that proved. Raises StepError, and the vendor's errors.

        ``place`` is one that this vault keeps, where it is the block of one.
        """
        raise StepError(
            f"rekey cannot try out a block of the kind {type(self).__name__}, so it never changes its token.",
            "Take the consumer of the kind rekey-block that names it out of the catalog.",
        )
