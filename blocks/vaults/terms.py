"""What a vault and the steps tell each other: a folder, what is stored there, and what the vault does by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Location:
    """A folder of the vault: environment and path. The path has a leading slash and none at the end."""

    environment: str
    path: str = "/"

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", "/" + "/".join(part for part in self.path.split("/") if part))

    def child(self, name: str) -> Location:
        """The folder ``name`` in this one."""
        return Location(self.environment, f"{self.path}/{name}")

    def __str__(self) -> str:
        return f"folder {self.path} of environment {self.environment}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A secret as the vault holds it. The version grows by one with every write."""

    value: SecretStr
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Sync:
    """Something to which the vault itself gives a folder, and which one.

    ``destination`` is the platform, ``target`` what there (an app, a repository), as a consumer of the catalog calls
    both; ``deletes``: also what the folder does not hold. ``through`` is the folder that is synced in truth, because
    it imports this one.
    """

    destination: str
    target: str
    deletes: bool
    folder: Location
    through: Location | None = None

    @property
    def label(self) -> str:
        """How it is called in messages."""
        return f"{self.destination} {self.target}".strip()

    @property
    def told(self) -> str:
        """How it is called, with the folder through which it goes where that is another one."""
        way = self.through
        return f"{self.label} (through {way.path} ({way.environment}), which imports it)" if way else self.label


@dataclass(frozen=True, slots=True)
class Syncs:
    """What writes by itself when one of the folders changes, and why something could not be looked at."""

    found: tuple[Sync, ...]
    not_looked_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that hold one of the names, the one that was meant included; and what could not be looked at."""

    found: tuple[Location, ...]
    not_looked_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """How people call a vault, and what is in it.

    ``console`` is where a person looks at a secret and sets it; ``syncs`` where the vault's own syncs are switched off;
    ``no_second_reader`` why the vault is not read a second time, as a part of a sentence; ``reference`` with what a
    value refers to another secret, empty where none can.
    """

    name: str
    console: str
    syncs: str
    no_second_reader: str
    reference: str = ""
