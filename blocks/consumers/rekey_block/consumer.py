"""A block of rekey's own: the new token is tried out before it is written there, and once more as it is read back.

So rekey never saws off the branch on which it sits: what does not work in its hands is not written, and the token that
was there goes on until the new one did. Compared by value.
"""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, SecretStr

from blocks.answer import Answer
from blocks.catalog_file import for_blocks
from blocks.check import Depth, Seen
from blocks.consumers.interface import EQUAL, Consumer, Given, Handover, Held
from blocks.errors import CatalogError, RekeyError, StepError, Transient
from blocks.listed import OWN, VAULTS
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.settings import read_settings

if TYPE_CHECKING:
    from blocks.entry import FieldNames
    from blocks.prefect_api.own_blocks import Document
    from blocks.vendor_block import VendorBlock

_FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class RekeyBlockConsumer(Consumer):
    """Fields of a Prefect block with which rekey asks a vendor."""

    looks_elsewhere: ClassVar[bool] = False

    kind: Literal["rekey-block"] = Field(description="fields of a Prefect block of rekey's own")
    document: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$",
        description="the block, as Prefect names it: `heroku/rekey`, `infisical/rekey`",
    )
    names: dict[str, _FieldName] = Field(
        min_length=1,
        description="which field of the block takes each value, by the issuer's word for it: "
        '`names = { token = "token" }`',
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"rekey-block {self.document}"

    @property
    def opens(self) -> str:
        """The block."""
        return self.document

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """A field of a block holds one value of one pair."""
        return tuple((self.document, name) for name in self.names.values())

    def can_write(self) -> Answer:
        """Whether the block is there, has these fields, and can be tried out. Raises CatalogError, Prefect's errors."""
        found = self._read()
        self._block(found, {name: SecretStr(str(found.values[name])) for name in self.names.values()})
        return Answer.YES

    def has(self, pair: Minted) -> Answer:
        """Whether the block has this very pair now. Raises CatalogError, Prefect's errors."""
        return Answer.YES if self._copy(self._read()).same_as(pair) else Answer.NO

    def give(self, handover: Handover, record: Record) -> None:
        """Try the pair out, write it, read it back, and try that out. Raises StepError, Prefect's and vendors' errors.

        What was there is put back when what was read back does not work.
        """
        from blocks.prefect_api import own_blocks  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect

        pair, found = handover.pair, self._read()
        before = self._copy(found)
        if before.same_as(pair):
            self._proved(handover.place, pair)
            record.prove(f"{self.label}: holds {pair.fingerprint} already, and it works.")
            return
        self._block(found, self.named(pair)).try_out(handover.place)
        own_blocks.change(found, self.named(pair))
        try:
            told = self._proved(handover.place, pair)
        except RekeyError as error:
            # Without a clear answer it stays: it worked a moment ago, and it is looked at again.
            if not error.transient:
                own_blocks.change(found, self.named(before))
            raise
        record.prove(f"{self.label}: holds {pair.fingerprint}, read back and used: {told}.")

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """Compared by value. Raises StepError for another one."""
        del given, depth
        copy = self._copy(self._read())
        if copy.same_as(held.pair):
            return Seen(EQUAL, f"{self.label} has the vault's pair {held.pair.fingerprint}.")
        raise StepError(
            f"{self.label} has another pair ({copy.fingerprint}) than the vault's {held.pair.fingerprint}.",
            "Find out who changed it. If the vault is right, write it into the block (Prefect UI, Blocks), or rotate.",
        )

    def _proved(self, place: FieldNames | None, pair: Minted) -> str:
        """The block holds this pair, and what is read back of it works; in half a sentence."""
        from blocks.prefect_api import kept_blocks  # noqa: PLC0415  # as above

        there = self._read()
        if not self._copy(there).same_as(pair):
            raise Transient(
                f"{self.label} does not hold pair {pair.fingerprint} after it was written.",
                "Find out who else writes this block. It is tried again.",
            )
        block = self._block(there, {})
        told = block.try_out(place)
        # Also on this machine's disk, for what must work while Prefect does not answer: the old one ends soon.
        kept_blocks.keep(block, self.document.rpartition("/")[2])
        return told

    def _read(self) -> Document:
        """The block as Prefect has it now. Raises CatalogError when it lacks a field, and Prefect's errors."""
        from blocks.prefect_api import own_blocks  # noqa: PLC0415  # as above

        found = own_blocks.read(*self.document.split("/"))
        absent = [name for name in self.names.values() if not isinstance(found.values.get(name), str)]
        if absent:
            raise CatalogError(
                f"The block {self.document} has no field {' and no '.join(absent)}.",
                "Correct the names of this consumer in the catalog: they are fields of the block (Prefect UI, Blocks).",
            )
        return found

    def _copy(self, found: Document) -> Minted:
        return self.minted_of({name: SecretStr(str(found.values[name])) for name in self.names.values()})

    def _block(self, found: Document, values: dict[str, SecretStr]) -> VendorBlock:
        """The block with these values in it, at one of the catalog's addresses. Raises CatalogError."""
        from blocks.prefect_api import estate  # noqa: PLC0415  # as above

        slug, name = self.document.split("/")
        place = VAULTS[slug].place if slug in VAULTS else OWN.get(slug)
        made: VendorBlock | None = None
        if place is not None:
            kind = pkgutil.resolve_name(place)
            known = {field: found.values[field] for field in kind.model_fields if field in found.values}
            # Not chained: pydantic's own error may show the values.
            with suppress(ValueError):
                made = kind(**{**known, **{field: one.get_secret_value() for field, one in values.items()}})
        if made is None:
            raise CatalogError(
                f"{self.document} is no block that rekey uses, or a field of it cannot be read.",
                "Correct document of this consumer in the catalog, or the block (Prefect UI, Blocks).",
            )
        estate.refuse_other_hosts(made, name, for_blocks(read_settings().catalog).hosts)
        return made
