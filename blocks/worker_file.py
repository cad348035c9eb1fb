"""The worker's file: the settings that no run may decide, named by ``REKEY_CONFIG`` when the worker starts.

A run could be started with an environment of its own. So where code, catalog and ledger lie comes from a file whose
path the worker was started with, and a variable beside it that says something else is an error, not a choice.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from blocks.errors import CatalogError

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Location(BaseSettings):
    """Where the worker's file is, if there is one."""

    model_config = SettingsConfigDict(env_prefix="REKEY_", extra="ignore", hide_input_in_errors=True)

    config: Path | None = None


class Truth(BaseSettings):
    """What decides where the truth lies, as the environment has it."""

    model_config = SettingsConfigDict(env_prefix="REKEY_", extra="ignore", hide_input_in_errors=True)

    catalog: Path | None = None
    ledger_url: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What tells one state of a file from another, without reading it."""

    inode: int
    mode: int
    size: int
    # Nanoseconds. Of the content, and of the file's owner and mode.
    changed_at: tuple[int, int]


def state(file: Path) -> State | None:
    """The state of this file; None for one that is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return State(found.st_ino, found.st_mode, found.st_size, (found.st_mtime_ns, found.st_ctime_ns))


class _Lines(DotEnvSettingsSource):
    """NAME=value lines, each read as it is written: ``${NAME}`` would take its value from the environment."""

    def _read_env_file(self, file_path: Path) -> dict[str, str | None]:
        named = dotenv_values(file_path, encoding="utf-8", interpolate=False)
        return {name.lower(): value for name, value in named.items()}


# What it must name. The code is the worker's own: the file may say where that lies, and then it must lie there.
NAMED = ("catalog", "ledger_url")


def place_of(name: str) -> str:
    """Where this setting is written, so that people correct it there: a key of the worker's file, or a variable."""
    file = Location().config
    return f"{key_of(name, file)} in {file}" if file else variable_of(name)


def key_of(name: str, file: Path) -> str:
    """As it is called in this file."""
    return name if _is_toml(file) else variable_of(name)


def variable_of(name: str) -> str:
    """As it is called in the environment."""
    return f"REKEY_{name.upper()}"


def _is_toml(file: Path) -> bool:
    return file.suffix == ".toml"


def refuse_in_environment(file: Path, environment: Truth) -> None:
    """Raise CatalogError when the environment names what the worker's file decides."""
    names = ", ".join(variable_of(name) for name, value in environment if value is not None)
    if names:
        raise CatalogError(
            f"The environment names {names} beside the worker's file {file}, which alone decides that.",
            "Leave these variables out of the environment. If a run was started with them, find out by whom.",
        )


def read(kind: type[BaseSettings], file: Path) -> dict[str, Any]:
    """The settings that the file names, not yet validated. Raises CatalogError."""
    _refuse_unsafe(file)
    reader = TomlConfigSettingsSource if _is_toml(file) else _Lines
    problem, remedy = "", "Correct it; docs/reference/settings.md lists what it may hold."
    try:
        named = dict(reader(kind, file)())
    except tomllib.TOMLDecodeError as error:
        problem = f"is not valid TOML: {error}"
    except SettingsError as error:
        problem = f"holds what cannot be read: {not_json(error)}"
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except OSError as error:
        problem, remedy = (
            f"cannot be read ({error.strerror})",
            "Let the worker's user read it, and its owner change it.",
        )
    if problem:
        raise CatalogError(f"The worker's file {file} {problem}.", remedy)
    unknown = sorted(set(named) - set(kind.model_fields) | {"config"} & set(named))
    if unknown:
        raise CatalogError(
            f"The worker's file {file} names what rekey does not know: {', '.join(unknown)}.",
            "Correct the names; docs/reference/settings.md lists them.",
        )
    missing = [name for name in NAMED if name not in named]
    if missing:
        raise CatalogError(
            f"The worker's file {file} does not name {', '.join(missing)}.",
            "Add it: the file decides where code, catalog and ledger lie.",
        )
    return named


def not_json(error: SettingsError) -> str:
    """The variables that are not JSON where JSON is expected. Not chained: the JSON error holds the whole text."""
    return ", ".join(variable_of(name) for name in fields_of(error))


def fields_of(error: SettingsError) -> list[str]:
    """The settings of which such an error tells."""
    return re.findall(r'field "(\w+)"', str(error))


def _refuse_unsafe(file: Path) -> None:
    """Raise CatalogError for a file that is not there, or that somebody else may change or put another one in place of.

    Both the file's own folder and, for a link, the one in which the file really lies.
    """
    try:
        found = file.stat()
        folders = {folder: folder.stat() for folder in (file.absolute().parent, file.resolve().parent)}
    except OSError as error:
        raise CatalogError(
            f"The worker's file {file} cannot be read ({error.strerror}).", "Set REKEY_CONFIG to its path."
        ) from None
    if found.st_mode & WRITABLE_BY_OTHERS:
        raise CatalogError(
            f"The worker's file {file} may be changed by others than its owner.", f"Run: chmod go-w {file}"
        )
    _refuse_strangers(f"The worker's file {file}", found, f"chown {os.geteuid()} {file}")
    for folder, about in folders.items():
        _refuse_strangers(f"The folder {folder} of the worker's file", about, f"chown {os.geteuid()} {folder}")
        if about.st_mode & WRITABLE_BY_OTHERS and not about.st_mode & stat.S_ISVTX:
            raise CatalogError(
                f"The folder {folder} may be changed by others than its owner, who could put another worker's file "
                "into it.",
                f"Run: chmod go-w {folder}",
            )


def _refuse_strangers(what: str, found: os.stat_result, command: str) -> None:
    """Raise CatalogError for what belongs neither to this user nor to root."""
    if found.st_uid not in {os.geteuid(), 0}:
        raise CatalogError(
            f"{what} belongs to another user (number {found.st_uid}), who may change it.",
            f"Run rekey as that user, if it is the worker's. Otherwise look at what it holds, then run: {command}",
        )
