"""Where the vault keeps a pair, and which vault it is."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from blocks.entry import DOCUMENT, Entry, FieldNames

# A vault by ``kind`` or ``kind/document``, as Prefect names its block.
VaultName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?$"),
    AfterValidator(lambda name: name.removesuffix(f"/{DOCUMENT}")),
]
_KIND = (
    "which vault, where it is not that of `[vault]`: its kind, or `kind/name` for a block of another name than `rekey`"
)


class VaultPlace(FieldNames):
    """Where the vault keeps the pair."""

    kind: VaultName | None = Field(default=None, description=_KIND)
    environment: str = Field(
        min_length=1, description="the vault's environment; a live pair's must not be named like a test"
    )
    path: str = Field(pattern=r"^/", description="the folder, from `/`; pairs in flight lie in its subfolder `rekey/`")


class OperatorsPlace(Entry):
    """Where the vault keeps the secrets of operators' one-time codes; without it there are none."""

    kind: VaultName | None = Field(default=None, description=_KIND)
    environment: str = Field(min_length=1, description="the vault's environment")
    path: str = Field(pattern=r"^/", description="a folder of its own, from `/`, which no consumer reads")
