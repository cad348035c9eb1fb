"""The catalog as it was read well last, for what goes on or looks after rotations while its file is broken.

Somebody may be merging it just now, and trading may stand still meanwhile. Its text is kept in this process and, where
the settings name a folder of this machine, there: for processes that begin later, such as watch each minute. It holds
nothing secret; but it says which hosts may get a token. So it is taken only from a file that nobody but this process's
own user, or root, may have written: whoever that is could change this process itself.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from blocks import owner_file
from blocks.errors import CatalogError
from blocks.settings import read_settings

# What this process read well last, and what of that is on the disk; and of what it said that it cannot be read.
_read_well: dict[Path, str] = {}
_on_disk: dict[Path, str] = {}
_said: dict[Path, str] = {}


def keep(path: Path, text: str) -> None:
    """The catalog of this path was read well, and this is its text. Never raises: a full disk must stop no rotation."""
    _read_well[path] = text
    _said.pop(path, None)
    file = _file(path)
    if file is None or _on_disk.get(file) == text:
        return
    # Tried once a process and text.
    _on_disk[file] = text
    try:
        if _kept(file) != text:
            owner_file.put(file, text.encode())
    except OSError as error:
        told = error.strerror or type(error).__name__
        _logger().warning("The catalog was not kept on this machine's disk (%s: %s).", file.parent, told)


def kept(path: Path) -> str | None:
    """The text of this catalog as it was read well last; None where nobody knows. Never raises."""
    text = _read_well.get(path)
    file = None if text is not None else _file(path)
    return _kept(file) if file is not None else text


def say_once(path: Path, problem: str) -> None:
    """Say for the log that this is wrong with the file, and what follows; once as long as it stays so."""
    if _said.get(path) != problem:
        _said[path] = problem
        _logger().warning("%s What is under way goes on with the catalog that was read before.", problem)


def _kept(file: Path) -> str | None:
    try:
        return owner_file.read_own(file).decode()
    except PermissionError:
        _logger().warning(
            "%s is not used: another user may have written it. Give that folder to rekey's user alone: chmod 700 %s",
            file,
            file.parent,
        )
    except (OSError, UnicodeDecodeError):
        # As if nothing was kept: it is the file itself that people are told of.
        pass
    return None


def _file(path: Path) -> Path | None:
    """Where it is kept, each catalog apart; None where the settings name no folder, or cannot be read."""
    try:
        folder = read_settings().kept_folder
    except CatalogError:
        return None
    which = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    return folder / f"catalog-{which}.toml" if folder else None


def _logger() -> logging.Logger:
    return logging.getLogger(__name__)
