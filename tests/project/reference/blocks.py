"""docs/reference/blocks.md: the types of Prefect blocks that rekey adds, and their fields."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from blocks.block_types import TYPES
from blocks.entry import DOCUMENT
from blocks.vendor_block import VendorBlock
from tests.project.reference.classes import below
from tests.project.reference.fields import default_of, rule_of, type_of
from tests.project.reference.markdown import code, page, table

ABOUT = (
    f"Where each vendor is, and with which token rekey reaches it, is in a block of Prefect's: a document named "
    f"`{DOCUMENT}`, and one of its own name for each running application. "
    "[`rekey register`](settings.md#addresses-and-tokens) seeds them; later they are edited in Prefect's pages "
    "(Blocks), and each step loads them afresh. An address counts only when the catalog's [`[hosts]`](catalog.md) has "
    "it. A secret field is masked in Prefect's pages and encrypted in its database."
)


def kinds() -> list[type[VendorBlock]]:
    """The types that a document may have."""
    every = below(VendorBlock)  # type: ignore[type-abstract]  # what all of them are is itself none
    return [one for one in every if one in TYPES]


def text() -> str:
    """The page."""
    return page("Blocks", ABOUT, *(part for kind in kinds() for part in _section(kind)))


def _section(kind: type[VendorBlock]) -> Iterator[str]:
    yield f"## {kind._block_type_name}"
    links = f" [Documentation of the vendor]({kind._documentation_url})." if kind._documentation_url else ""
    yield f"{kind._description} Type {code(str(kind._block_type_slug))}.{links}"
    yield table(
        ["field", "title", "type", "default", "rule", "says"],
        ([code(name), *_told(kind, name, field)] for name, field in kind.model_fields.items()),
    )


def _told(kind: type[VendorBlock], name: str, field: FieldInfo) -> list[str]:
    secret = "secret, " if "Secret" in str(field.annotation) else ""
    entry = kind.addresses.get(name)
    host = f" Must be as {code(entry)} in `[hosts]`." if entry else ""
    # What is secret has a default that says nothing.
    default = default_of(field) if not secret or field.is_required() else "none"
    return [field.title or "", f"{secret}{type_of(field)}", default, rule_of(field), f"{field.description}{host}"]
