"""The catalog's file: its text as TOML, its pinned hosts, its vault, and where in it something is wrong.

Apart from the catalog itself, because whoever loads a block asks for these alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator

from blocks import kept_catalog, worker_file
from blocks.entry import Entry
from blocks.errors import CatalogError
from blocks.listed import DEFAULT_VAULT, VAULTS
from blocks.model.hosts import Hosts
from blocks.model.places import VaultName

_EntryT = TypeVar("_EntryT", bound=BaseModel)
_KnownT = TypeVar("_KnownT", bound=BaseModel)


def read(path: Path) -> str:
    """The text of the file. Raises CatalogError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogError(
            f"The catalog {path} cannot be read ({error.strerror}).",
            f"Set {worker_file.place_of('catalog')} to its path.",
        ) from None
    except UnicodeDecodeError as error:
        raise CatalogError(f"The catalog {path} is not UTF-8: {error}.", "Save it as UTF-8.") from None


def known(path: Path, load: Callable[[Path, str], _KnownT], *, is_whole: bool = False) -> _KnownT:
    """What the file says; while it cannot be loaded, what was said by the text that was read well last.

    ``is_whole`` when ``load`` reads all of it, so that a text that loads is kept. Raises CatalogError.
    """
    try:
        text = read(path)
        found = load(path, text)
    except CatalogError as error:
        problem = error
    else:
        if is_whole:
            kept_catalog.keep(path, text)
        return found
    last = kept_catalog.kept(path)
    # One that an older rekey kept may be wrong for this one.
    with suppress(CatalogError):
        if last is not None:
            found = load(path, last)
            kept_catalog.say_once(path, problem.problem)
            return found
    raise problem


def digest_of(path: Path) -> str:
    """What tells this catalog from another one, whatever comments and layout. Raises CatalogError."""
    said = json.dumps(_toml(path, read(path)), sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def any_of(words: Iterable[str]) -> str:
    """These words as alternatives, each in quotation marks."""
    *others, last = [f"'{one}'" for one in words]
    return f"{', '.join(others)} or {last}" if others else last


class VaultKind(Entry):
    """Which vault keeps each pair whose own place names none. The table may be missing."""

    kind: VaultName = Field(
        default=DEFAULT_VAULT,
        description="the vault's kind, by the type of its Prefect block, or `kind/name` for a block of another name "
        "than `rekey`",
    )

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        """The kind is one that rekey knows."""
        if kind.partition("/")[0] not in VAULTS:
            raise ValueError(f"input should be {any_of(VAULTS)}")
        return kind


class ForBlocks(BaseModel):
    """What is asked of a catalog to load a block, whatever the rest of the file says."""

    hosts: Hosts = Hosts()
    vault: VaultKind = VaultKind()


def for_blocks(path: Path) -> ForBlocks:
    """Where each vendor really is, and which vault it is, as ``known``. Raises CatalogError."""
    return known(path, _for_blocks)


@lru_cache(maxsize=2)
def _for_blocks(path: Path, text: str) -> ForBlocks:
    return checked(path, text, ForBlocks)


def checked(path: Path, text: str, kind: type[_EntryT], context: Mapping[str, Any] | None = None) -> _EntryT:
    """What the text says, as this model. Raises CatalogError with line, entry and field of all that is wrong."""
    data = _toml(path, text)
    try:
        return kind.model_validate(data, context=context)
    except ValidationError as error:
        problems = "; ".join(_problem(text, entry["loc"], entry["msg"]) for entry in error.errors(include_input=False))
    raise CatalogError(
        f"The catalog {path} is wrong: {problems}.",
        "Correct these entries; docs/reference/catalog.md shows the fields of each.",
    )


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"The catalog {path} is not valid TOML: {error}.", "Correct that line.") from None


def _problem(text: str, location: tuple[int | str, ...], message: str) -> str:
    told = re.sub(r"^Value error, ", "", message)
    told = "this field is unknown" if told == "Extra inputs are not permitted" else told[0].lower() + told[1:]
    where = ".".join(str(part) for part in location)
    line = _line_of(text, location)
    return f"{where}{f' (line {line})' if line else ''}: {told}" if where else told


def _line_of(text: str, location: tuple[int | str, ...]) -> int | None:
    """The line on which the table, or the field in it, begins that an error is about; None when it is not written."""
    tables = _tables(text)
    for length in range(len(location), 0, -1):
        # A whole list begins with its first table.
        headers = (location[:length], (*location[:length], 0))
        begins = next((line for line, table in tables if table in headers), None)
        if begins is None:
            continue
        ends = next((line for line, _ in tables if line > begins), len(text.splitlines()) + 1)
        fields = {str(part) for part in location[length:]}
        for number, line in enumerate(text.splitlines()[begins : ends - 1], start=begins + 1):
            if line.split("=")[0].strip() in fields:
                return number
        return begins
    return None


def _tables(text: str) -> list[tuple[int, tuple[int | str, ...]]]:
    """Line and location of every table header; each table of a list has its number."""
    found: list[tuple[int, tuple[int | str, ...]]] = []
    counted: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        if header is None:
            continue
        name = header.group(2)
        parts: list[int | str] = [part.strip().strip('"') for part in name.split(".")]
        if header.group(1) == "[[":
            parts.append(counted.get(name, 0))
            counted[name] = counted.get(name, 0) + 1
        found.append((number, tuple(parts)))
    return found
