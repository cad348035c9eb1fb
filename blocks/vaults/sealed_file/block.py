"""The block of the sealed file: where it is, and where its key is. It holds no secret itself."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import ClassVar

from pydantic import Field, HttpUrl

from blocks.errors import CatalogError
from blocks.model.places import VaultPlace
from blocks.vaults.interface import Vault
from blocks.vaults.sealed_file.client import WORDS, SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile
from blocks.vaults.terms import Words


class SealedFileVault(Vault):
    """One sealed file, and its key's file, on the machine on which the workers run."""

    words: ClassVar[Words] = WORDS
    atomic: ClassVar[bool] = True

    _block_type_name = "Sealed file"
    _block_type_slug = "sealed-file"
    _logo_url = HttpUrl("https://github.com/pyca.png")
    _documentation_url = HttpUrl("https://cryptography.io/en/latest/fernet/")
    _description = "The vault that holds the current pairs, for one machine: a sealed file, and its key in another one."

    path: str = Field(
        default=..., title="Path", description="The sealed file, from `/` and through no link; mode 0600."
    )
    key_file: str = Field(
        default=...,
        title="Key file",
        description="The file that holds its key, from `/` and through no link; mode 0600. Back it up elsewhere than "
        "the sealed file.",
    )

    def get_client(self) -> SealedFileClient:
        """A client. Raises CatalogError for a path that is no whole one."""
        paths = Path(self.path), Path(self.key_file)
        if not all(one.is_absolute() and ".." not in one.parts for one in paths):
            raise CatalogError(
                "The Sealed file block names a path that is no whole one.",
                "Write path and key file from / and without .. (Prefect UI, Blocks).",
            )
        return SealedFileClient(SealedFile(*paths))

    def fetch(self, place: VaultPlace) -> str:
        """The command by which a person on that machine reads the pair."""
        words = ("get", self.path, self.key_file, place.environment, place.path)
        return f"python -m blocks.vaults.sealed_file {' '.join(quote(one) for one in words)}"
