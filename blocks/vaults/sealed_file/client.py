"""Reads and writes the sealed file: each write replaces it as a whole, and is read back from the disk.

Whoever writes holds the file meanwhile, so two rotations that write at one moment do it one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import SecretStr

from blocks.errors import Missing, Rejected, RekeyError, Transient
from blocks.vaults.interface import VaultClient
from blocks.vaults.read_back import is_written
from blocks.vaults.sealed_file.content import VENDOR, Folders, SealedFile, key_of, location_of
from blocks.vaults.terms import Location, Places, Stored, Syncs, Words

WORDS = Words(
    name=VENDOR,
    console="the sealed file (`python -m blocks.vaults.sealed_file`)",
    syncs="the sealed file, which gives nothing to anybody",
    no_second_reader="nobody but rekey reads the sealed file",
)


class SealedFileClient(VaultClient):
    """One sealed file. Safe to share between threads and processes."""

    words: ClassVar[Words] = WORDS

    def __init__(self, sealed: SealedFile) -> None:
        self._sealed = sealed

    def close(self) -> None:
        """Nothing is held open."""

    def read(self, location: Location, names: Collection[str] | None = None) -> dict[str, Stored]:
        """The secrets of that folder by name. Raises Missing, and StepError for a file that cannot be opened."""
        return _of(self._sealed.opened()[0], "read secrets", location, names)

    def write(
        self, location: Location, values: Mapping[str, SecretStr], before: Mapping[str, Stored] | None = None
    ) -> dict[str, Stored]:
        """Store all values at once, each with its next version, and prove it by reading them back.

        Raises Missing when there is no such folder, Rejected with status 400 when there was to be nothing of it and
        there is, Transient when somebody else changed it since ``before``; nothing was written then.
        """
        found: dict[str, Stored] = {}

        def change(folders: Folders) -> None:
            found.update(_of(folders, "write secrets", location, values.keys()))
            if before is not None and not before and found:
                raise Rejected(
                    vendor=VENDOR,
                    operation="create secrets",
                    fault=f"{', '.join(sorted(found))} in {location} is there already",
                    status=400,
                )
            if any(name in found and found[name].version != one.version for name, one in (before or {}).items()):
                raise Transient(
                    f"Somebody else wrote to {location} of the sealed file at the same moment.",
                    "Nothing was written. It is read and tried again.",
                )
            now = datetime.now(UTC)
            for name, value in values.items():
                version = found[name].version + 1 if name in found else 1
                folders[key_of(location)][name] = Stored(value, version, now)

        self._changed(change)
        after = self.read(location, values.keys())
        if not all(is_written(name, value, found, after) for name, value in values.items()):
            raise Transient(
                f"{location} of the sealed file does not show what was written to {', '.join(sorted(values))}.",
                "Find out who else writes this file. It is read and tried again.",
            )
        return after

    def write_singly(self, location: Location, values: Mapping[str, SecretStr]) -> dict[str, Stored]:
        """Change names that exist one after the other, and prove each. Raises what ``write`` raises."""
        for name in sorted(values):
            self.write(location, {name: values[name]})
        return self.read(location, values.keys())

    def delete(self, location: Location, names: Iterable[str], *, seen: bool = False) -> None:  # noqa: ARG002  # one write either way
        """Delete those names that exist at once, and prove that they are gone: no older version is kept."""
        gone = set(names)

        def change(folders: Folders) -> None:
            held = folders.get(key_of(location), {})
            for name in gone & held.keys():
                del held[name]

        self._changed(change)
        left = gone & self._sealed.opened()[0].get(key_of(location), {}).keys()
        if left:
            raise Transient(
                f"{', '.join(sorted(left))} in {location} of the sealed file is still there after the deletion.",
                "Find out who else writes this file. It is read and tried again.",
            )

    def ensure_folder(self, location: Location) -> None:
        """Create the folder unless it exists, and prove that it does."""
        if key_of(location) in self._sealed.opened()[0]:
            return
        self._changed(lambda folders: folders.setdefault(key_of(location), {}))
        self.read(location)

    def syncs(self, *folders: Location) -> Syncs:  # noqa: ARG002  # a file gives nothing to anybody
        """To whom the vault gives these folders by itself: to nobody."""
        return Syncs((), ())

    def places(self, location: Location, names: Collection[str]) -> Places:  # noqa: ARG002  # all of them are looked at
        """The folders that hold one of these names: all of the file is looked through. Raises nothing."""
        try:
            folders = self._sealed.opened()[0]
        except RekeyError as error:
            return Places((), (f"other folders ({error.problem})",))
        return Places(tuple(location_of(key) for key, held in sorted(folders.items()) if set(names) & held.keys()), ())

    def _changed(self, change: Callable[[Folders], object]) -> None:
        with self._sealed.file.held():
            folders, seen = self._sealed.opened()
            change(folders)
            self._sealed.seal(folders, seen)


def _of(folders: Folders, operation: str, location: Location, names: Collection[str] | None) -> dict[str, Stored]:
    held = folders.get(key_of(location))
    if held is None:
        raise Missing(
            vendor=VENDOR,
            operation=operation,
            fault=f"there is no {location}",
            status=404,
            remedy="Compare environment and path in the catalog with what `python -m blocks.vaults.sealed_file` shows.",
        )
    return {name: one for name, one in held.items() if names is None or name in names}
