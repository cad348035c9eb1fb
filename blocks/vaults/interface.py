"""A vault: the source of truth for every pair, and what the steps of a rotation may ask it.

It is a Prefect block that holds the vault's address and rekey's token. All that is common to vaults stands beside this:
where a pair lies (pending.py), how it is written over (overwrite.py) and when a write counts (read_back.py). What a
vault has nothing of has an answer of its own here that says so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, Protocol

from pydantic import SecretStr

from blocks.errors import Missing
from blocks.key_end import UNKNOWN, KeyEnd
from blocks.model.places import VaultPlace
from blocks.vaults.terms import Location, Places, Stored, Syncs, Words
from blocks.vendor_block import VendorBlock
from blocks.wire.client import Client
from blocks.writers import NOBODY, Writers


class VaultClient(Client, ABC):
    """Reads and writes secrets. Safe to share between threads. Every method raises VendorError; none retries."""

    words: ClassVar[Words]

    @abstractmethod
    def read(self, location: Location, names: Collection[str] | None = None) -> dict[str, Stored]:
        """The secrets directly in that folder by name; only those in ``names`` when it is given.

        A name that is not there is not in the answer. Raises Missing when there is no such folder.
        """

    def read_below(
        self,
        top: Location,  # noqa: ARG002  # a vault that lists folders together asks for it once
        wanted: Mapping[Location, Collection[str] | None],
    ) -> dict[Location, dict[str, Stored]]:
        """As ``read``, of several folders at or below ``top``. A missing one is empty here: ``read`` tells that."""
        found: dict[Location, dict[str, Stored]] = {}
        for location, names in wanted.items():
            try:
                found[location] = self.read(location, names)
            except Missing:
                found[location] = {}
        return found

    @abstractmethod
    def write(
        self, location: Location, values: Mapping[str, SecretStr], before: Mapping[str, Stored] | None = None
    ) -> dict[str, Stored]:
        """Store all values in one transaction, and prove it by reading them back. Returns what is stored now.

        All names exist (they get a new version) or none does (they are created). A write without a clear answer counts
        when the values are there with a higher version; otherwise its own error is raised. ``before`` is what of these
        names is there now, when the caller has just read it. Raises StepError for a value that the vault would change,
        Missing, or Rejected with status 400 or 404, when there is no such folder, and Transient when the proof does not
        show in time.
        """

    @abstractmethod
    def write_singly(self, location: Location, values: Mapping[str, SecretStr]) -> dict[str, Stored]:
        """Change names that exist one after the other, and prove it by reading all of them back.

        For what a transaction has put wrong: readers see the names change one by one. Raises what ``write`` raises.
        """

    @abstractmethod
    def delete(self, location: Location, names: Iterable[str], *, seen: bool = False) -> None:
        """Delete those names that exist in one transaction, and prove that they are gone. Missing ones are fine.

        ``seen``: the caller has just seen all of them. Raises Transient when they still show after the deletion.
        """

    @abstractmethod
    def ensure_folder(self, location: Location) -> None:
        """Create the folder unless it exists, and prove that it does. Safe to repeat."""

    def syncs(self, *folders: Location) -> Syncs:  # noqa: ARG002  # unknown is said as unknown
        """To whom the vault gives these folders by itself, as far as it tells. Raises nothing."""
        return Syncs((), (f"syncs (rekey cannot ask {self.words.name} for them)",))

    def writers(self, location: Location) -> Writers:  # noqa: ARG002  # for who looks
        """Who else writes to that folder by itself, as far as the vault shows it. Raises nothing."""
        return NOBODY

    def source_of(self, location: Location, names: Collection[str]) -> Location | None:
        """The folder from which that one shows one of these names without holding it; None where that is not known.

        Raises nothing.
        """
        del location, names
        return None

    def places(self, location: Location, names: Collection[str]) -> Places:  # noqa: ARG002  # unknown, as above
        """The folders of all environments that hold one of these names, as far as the vault shows. Raises nothing."""
        return Places((), (f"other folders (rekey cannot ask {self.words.name} for them)",))

    def key_end(self) -> KeyEnd:
        """When rekey's key to it ends, as far as it tells. Asked only of a kind that tells something.

        Raises StepError for one that is used up or ends soon in another way than by a date.
        """
        return UNKNOWN


class SecondReader(Protocol):
    """The vault as a consumer reads it: by another program than rekey's client, in a process of its own."""

    def read(self, location: Location, names: Iterable[str]) -> dict[str, SecretStr]:
        """The values of those secrets by name. Only once.

        Raises Transient when it could not read all of them in time, StepError when it cannot read at all.
        """


class Vault(VendorBlock, ABC):
    """The block of a vault."""

    # How people call it, and what is in it.
    words: ClassVar[Words]
    # Whether it writes several names in one transaction. Without that no pair is kept in it: readers would see halves.
    atomic: ClassVar[bool]
    # Whether it tells anything about the end of rekey's key to it.
    tells_key_end: ClassVar[bool] = False

    @abstractmethod
    def get_client(self) -> VaultClient:
        """A client. Close it. Raises CatalogError when a field cannot be used."""

    @abstractmethod
    def fetch(self, place: VaultPlace) -> str:
        """The command by which a person reads the pair."""

    def second_reader(self) -> AbstractContextManager[SecondReader | None]:
        """A second reader, which starts now and asks the vault nothing before it reads; None where there is none."""
        return nullcontext()
