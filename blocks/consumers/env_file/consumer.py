"""A local ``.env`` file on the machine on which rekey runs, with the pair among its lines.

A file of this path may be on every machine that has a worker: the entry says which one is meant, and a run elsewhere
touches none.
Compared by value. Whoever has read it goes on with the old pair until it is started again: no file can change that.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.env_file.lines import names_in, values_in, with_values
from blocks.consumers.interface import EQUAL, Consumer, Elsewhere, Given, Handover, Held
from blocks.errors import RekeyError, StepError, Transient, Unproved
from blocks.local_file import LocalFile, Read, name_of_this_machine
from blocks.proofs import Record
from blocks.secret import Minted

# Where a wrong path is corrected.
_WRITTEN = "path in the catalog"


class EnvFileConsumer(Consumer):
    """Lines of a local ``.env`` file, which only its owner may read."""

    looks_elsewhere: ClassVar[bool] = True

    kind: Literal["env-file"] = Field(description="lines of a file on the machine on which rekey runs")
    path: Path = Field(description="the file, from `/` and through no link; only its owner may read it (mode 0600)")
    machine: str | None = Field(
        default=None,
        min_length=1,
        description="the machine on which that file is, as `uname -n` calls it there: a run on another one begins "
        "nothing. Without it the file of whichever machine the run is on is meant, so say it where several have "
        "workers. A container is a machine, too: give it a `hostname` that stays",
    )

    @field_validator("path")
    @classmethod
    def _is_whole(cls, path: Path) -> Path:
        """The path begins with `/` and is written in one way."""
        if not path.is_absolute() or ".." in path.parts:
            raise ValueError("write the whole path, from / and without ..")
        return path

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"env-file {self.path}"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """A name in a file is one half of one pair."""
        return tuple((str(self.path), name) for name in self.names.values())

    def can_write(self) -> Answer:
        """Whether the file can be replaced, found out with an empty one beside it. Raises StepError, Transient."""
        self._file.read()
        self._file.try_out()
        return Answer.YES

    def has(self, pair: Minted) -> Answer:
        """Whether the file has this very pair now. Raises StepError, Transient."""
        return Answer.YES if _same(self._copy(self._file.read()), pair) else Answer.NO

    def give(self, handover: Handover, record: Record) -> None:
        """Replace the file by one in which only these values are other ones, unless it has them; then read it back.

        Raises StepError, Transient.
        """
        pair, mark = handover.pair, handover.pair.fingerprint
        with self._file.held():
            seen = self._file.read()
            absent = [name for name in self.names.values() if name not in values_in(seen.text, self.names.values())]
            if _same(self._copy(seen), pair):
                record.prove(f"{self.label}: holds {mark} already, on the machine {name_of_this_machine()}.")
                return
            self._file.replace(with_values(seen.text, self.named(pair)), seen)
            if not _same(self._copy(self._file.read()), pair):
                raise Transient(
                    f"{self.path} does not hold pair {mark} after it was written.",
                    "Find out who else writes this file. It is tried again.",
                )
        record.prove(
            f"{self.label}: holds {mark}, read back on the machine {name_of_this_machine()}; what is running has it "
            "once it is started again and reads the file."
        )
        if absent:
            record.prove(
                f"{self.label} had no {' and '.join(absent)} before, so nobody read it there: look whether the "
                "program reads another file, and name that in the catalog."
            )

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """Compared by value. Raises StepError for another one, and for a file that others may read."""
        del given, depth
        seen = self._file.read()
        absent = [name for name in self.names.values() if name not in values_in(seen.text, self.names.values())]
        if absent:
            raise StepError(
                f"{self.label} has no {' and '.join(absent)}.",
                "Compare the names in the catalog; a rotation writes them again.",
            )
        copy = self._copy(seen)
        if copy is not None and copy.same_as(held.pair):
            return Seen(EQUAL, f"{self.label} has the vault's pair {held.pair.fingerprint}.")
        raise StepError(
            f"{self.label} has another pair than the vault's {held.pair.fingerprint}"
            f"{'' if copy is None else f' (its secret is {copy.fingerprint})'}.",
            "Find out who changed it. If the vault is right, write both lines by hand from the vault, or rotate.",
        )

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere:
        """The other files of such a name in the folder that hold one of the names and that no entry names."""
        self._demand_machine()
        named = {one.path for one in entries if isinstance(one, EnvFileConsumer)} | {self.path}
        wanted, found, unlisted = set(self.names.values()), [], []
        for one in sorted(self.path.parent.glob("*")):
            if one in named or not _is_called_so(one) or not one.is_file():
                continue
            try:
                there = sorted(wanted & names_in(LocalFile(one, _WRITTEN).read_any().text))
            except RekeyError as error:
                unlisted.append(f"{one} ({error.problem})")
                continue
            found += [f"{one} ({', '.join(there)})"] if there else []
        told = f"Files beside {self.path} have the same names, and no entry of the catalog names them: "
        told += f"{'; '.join(found)}. A program may read those, and they keep the old pair."
        nowhere = f"No other file in {self.path.parent} that could be read has these names."
        return Elsewhere(told if found else "", nowhere, f"Not looked at: {', '.join(unlisted)}." if unlisted else "")

    @property
    def _file(self) -> LocalFile:
        """Raises Unproved on another machine than the file's."""
        self._demand_machine()
        return LocalFile(self.path, _WRITTEN)

    def _demand_machine(self) -> None:
        here = name_of_this_machine()
        if self.machine is not None and self.machine.casefold() != here.casefold():
            raise Unproved(
                f"{self.path} is on the machine {self.machine}, and this run is on {here}: it touches no file of that "
                "path here.",
                f"Let the workers of rekey's pool run on {self.machine} alone and start again, or correct machine in "
                "the catalog: `uname -n` tells it there.",
            )

    def _copy(self, seen: Read) -> Minted | None:
        """The pair in this text; None when a part of it is missing."""
        values: dict[str, SecretStr] = values_in(seen.text, self.names.values())
        return self.minted_of(values) if values.keys() == set(self.names.values()) else None


def _same(copy: Minted | None, pair: Minted) -> bool:
    return copy is not None and copy.same_as(pair)


def _is_called_so(path: Path) -> bool:
    return path.name == ".env" or path.name.startswith(".env.") or path.suffix == ".env"
