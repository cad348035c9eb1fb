"""What the sealed file holds, and how it is sealed: Fernet of the package cryptography, over JSON.

Fernet (AES-128-CBC with HMAC-SHA256, a fresh initialization vector each time) refuses what was changed by a byte. The
key lies in a file of its own, so that a copy of the sealed file alone, such as a backup, tells nobody anything; whoever
may read both files of rekey's user can open it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr, TypeAdapter, ValidationError

from blocks.errors import StepError
from blocks.local_file import LocalFile, Read
from blocks.vaults.terms import Location, Stored

VENDOR = "sealed file"
VERSION = "rekey-vault-1"
_MAKE = "python -m blocks.vaults.sealed_file new PATH KEY_FILE"
_PATH, _KEY = "Path of the Sealed file block", "Key file of the Sealed file block"


@dataclass(frozen=True, slots=True)
class _Row:
    value: str = field(repr=False)
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Whole:
    version: str
    folders: dict[str, dict[str, _Row]]


_CONTENT = TypeAdapter(_Whole)
# By environment and path, then by name.
Folders = dict[str, dict[str, Stored]]


def key_of(location: Location) -> str:
    """How a folder is called in the file."""
    return f"{location.environment}\t{location.path}"


def location_of(key: str) -> Location:
    """The folder that is called so."""
    environment, _, path = key.partition("\t")
    return Location(environment, path)


@dataclass(frozen=True, slots=True)
class SealedFile:
    """The file and its key's, by their paths. Raises StepError for what cannot be opened, and what LocalFile raises."""

    path: Path
    key_file: Path

    @property
    def file(self) -> LocalFile:
        """The sealed file."""
        return LocalFile(self.path, _PATH, _MAKE)

    def opened(self) -> tuple[Folders, Read]:
        """All folders, and the file as it was read."""
        seen = self.file.read()
        fernet = self._fernet()
        whole: _Whole | None = None
        with suppress(InvalidToken, ValidationError):
            whole = _CONTENT.validate_json(fernet.decrypt(seen.text.strip().encode()))
        if whole is None or whole.version != VERSION:
            raise StepError(
                f"{self.path} cannot be opened with the key in {self.key_file}: it is another one's, or was changed.",
                "Put the file and its key back from one and the same backup.",
            )
        folders = {
            key: {name: Stored(SecretStr(row.value), row.version, row.at) for name, row in rows.items()}
            for key, rows in whole.folders.items()
        }
        return folders, seen

    def seal(self, folders: Folders, seen: Read) -> None:
        """Put these folders in the place of what was ``seen``. Within ``file.held``. Raises Transient, StepError."""
        rows = {
            key: {name: _Row(one.value.get_secret_value(), one.version, one.updated_at) for name, one in held.items()}
            for key, held in folders.items()
        }
        plain = b""
        with suppress(ValueError):
            plain = _CONTENT.dump_json(_Whole(VERSION, rows))
        if not plain:
            raise StepError("A value holds half of a character.", "Enter it again. Nothing was written.")
        self.file.replace(self._fernet().encrypt(plain).decode() + "\n", seen)

    def make(self) -> None:
        """A new vault with nothing in it, and a new key. Raises StepError where there is one of them already."""
        content = Fernet.generate_key()
        LocalFile(self.key_file, _KEY).make(content.decode() + "\n")
        empty = _CONTENT.dump_json(_Whole(VERSION, {}))
        self.file.make(Fernet(content).encrypt(empty).decode() + "\n")

    def _fernet(self) -> Fernet:
        text = LocalFile(self.key_file, _KEY, _MAKE).read().text.strip()
        made: Fernet | None = None
        with suppress(ValueError):
            made = Fernet(text)
        if made is None:
            raise StepError(
                f"{self.key_file} holds no key.", "Put it back from its backup, or make a new vault with a new key."
            )
        return made
