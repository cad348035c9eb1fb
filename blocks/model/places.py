"""Where the vault keeps a pair."""

from __future__ import annotations

from pydantic import Field

from blocks.entry import Entry, FieldNames


class VaultPlace(FieldNames):
    """Where the vault keeps the pair."""

    environment: str = Field(
        min_length=1, description="the vault's environment; a live pair's must not be named like a test"
    )
    path: str = Field(pattern=r"^/", description="the folder, from `/`; pairs in flight lie in its subfolder `rekey/`")


class OperatorsPlace(Entry):
    """Where the vault keeps the secrets of operators' one-time codes; without it there are none."""

    environment: str = Field(min_length=1, description="the vault's environment")
    path: str = Field(pattern=r"^/", description="a folder of its own, from `/`, which no consumer reads")
