"""A local file with a pair in it, and what was written."""

from __future__ import annotations

from pathlib import Path

from blocks.local_file import LocalFile
from blocks.secret import Minted

NAMES = {"key_id": "KEY_ID", "secret": "SECRET"}

OLD = "# mine\nKEY_ID=old # its number\nSECRET=older\nDEBUG=1\n"


def as_file(path: Path) -> LocalFile:
    return LocalFile(path, "path in the catalog")


def written(pair: Minted) -> str:
    """The file with this pair."""
    key_id, secret = (value.get_secret_value() for value in pair.values.values())
    return f"# mine\nKEY_ID={key_id} # its number\nSECRET={secret}\nDEBUG=1\n"
