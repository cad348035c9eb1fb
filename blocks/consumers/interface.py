"""A consumer: a place that holds a copy of the pair. Its entry in the catalog is what rekey asks and writes through.

Each kind is a class with a ``kind`` of its own (blocks/kinds.py lists them). What a kind does not override has an
answer that means "not with this vendor".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self, TypeVar

from pydantic import Field, PrivateAttr, SecretStr

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.entry import FieldNames, RuntimeName
from blocks.errors import StepError
from blocks.key_end import UNKNOWN, KeyEnd
from blocks.once import Once
from blocks.proofs import Record
from blocks.secret import Minted, Shown
from blocks.writers import NOBODY, Writers

# What is seen of a copy, in one or a few words.
EQUAL = "equal"
PROVED = "proved"
BY_TIME = "consistent by time"
NOT_READABLE = "cannot be read"
_T = TypeVar("_T")


def _unseen(present: Mapping[str, SecretStr | None]) -> None:
    """What was there before matters to nobody."""


@dataclass(frozen=True, slots=True)
class Handover:
    """A pair on its way to a consumer, and what the consumer may tell of the rotation."""

    pair: Minted
    rotation: str
    credential: str
    realm: str
    # Who issued it, as people call it.
    issuer: str
    # A notice of this pair since then counts.
    since: datetime
    # The command by which a person reads the pair from the vault.
    fetch: str
    # What may be shown of the pair beside its fingerprint.
    shown: Shown | None = None
    # What has to hold in the same write, by name: the brakes of an application. ``look`` is told before the write what
    # of it is there.
    also: Mapping[str, SecretStr] = field(default_factory=dict)
    look: Callable[[Mapping[str, SecretStr | None]], None] = _unseen
    # A place of the vault (blocks/model/places.py) where the copy is the vault's own key: to try that out.
    place: FieldNames | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The vault's pair, with which a copy is compared, and since when the vault has it."""

    pair: Minted
    since: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """What the ledger says of the last time that rekey gave the consumer a pair: when, which, and with which facts."""

    at: datetime
    fingerprint: str
    # By the consumer's own clock, where it tells one; ISO 8601.
    updated_at: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """The newest change of an application, by whomever: its number, and how it is called in a sentence."""

    version: int
    told: str
    # Who may have made it, besides a person.
    by: str


@dataclass(frozen=True, slots=True)
class Lingering:
    """What goes on with older values after a write. ``beyond`` reach of every brake: problem and remedy, if there is.

    ``told`` is empty when there is nothing.
    """

    told: str = ""
    beyond: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What was found where, each a sentence; ``unnamed`` and ``unlisted`` are empty when there is nothing."""

    unnamed: str
    nowhere: str
    unlisted: str

    @property
    def told(self) -> str:
        """All of it."""
        return f"{self.unnamed or self.nowhere} {self.unlisted}".strip()


class Consumer(FieldNames):
    """A place that holds a copy of the pair. ``runtime`` names the block that is asked what the running one uses."""

    # The name of the field that names the running application, and of the platform that runs it, where this kind is
    # one: only what runs can be stopped by a brake.
    application_field: ClassVar[str] = ""
    platform: ClassVar[str] = ""
    # The place of its vendor's block, ``module:Class``, that rekey registers; empty for one without.
    block: ClassVar[str] = ""
    # Whether it is a person, who is told and puts the pair there.
    is_person: ClassVar[bool] = False
    # Whether ``elsewhere`` can look.
    looks_elsewhere: ClassVar[bool] = False
    # Whether that takes so many questions that only a full health run asks them, and no rotation.
    looks_long: ClassVar[bool] = False
    # Whether ``writers`` can look.
    looks_for_writers: ClassVar[bool] = False
    # The vendor whose token is asked when it ends; empty where nobody looks.
    whose_token: ClassVar[str] = ""

    kind: str
    runtime: RuntimeName | None = Field(
        default=None,
        description="the block that tells which account the running app trades in: `NAME` of Raptor's, or "
        "`http-json/NAME`",
    )
    # Where several of its questions are asked together; otherwise each looks for itself.
    _looks: Once | None = PrivateAttr(default=None)

    @property
    @abstractmethod
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""

    @property
    def application(self) -> str | None:
        """The running application; None where nothing runs."""
        return str(getattr(self, self.application_field)) if self.application_field else None

    @property
    def where(self) -> tuple[str, str]:
        """The platform and the running application; empty where nothing runs."""
        return self.platform, self.application or ""

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """The place and name of each variable that it takes, where such a name can be taken only once."""
        return ()

    @property
    def opens(self) -> str:
        """The block of rekey's own whose token this copy is, by ``slug/name``; empty where rekey does not use it."""
        return ""

    def sharing(self) -> Self:
        """A copy whose questions share what they look at, for as long as they are asked together."""
        shared = self.model_copy()
        shared._looks = Once()  # noqa: SLF001  # its own
        return shared

    def _once(self, what: str, look: Callable[[], _T]) -> _T:
        """What was seen of that already, where questions share it; otherwise what is seen now."""
        return look() if self._looks is None else self._looks.of(what, look)

    @abstractmethod
    def can_write(self) -> Answer:
        """Whether the token that rekey has may write there, found out without changing anything that is read there.

        Raises the vendor's errors.
        """

    @abstractmethod
    def give(self, handover: Handover, record: Record) -> None:
        """Write the pair unless it is there already, wait until it counts, and prove it. Raises the vendor's errors."""

    @abstractmethod
    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """What is known of its copy.

        Raises StepError for a copy that differs, Unproved when that cannot be told, and the vendor's errors.
        """

    def has(self, pair: Minted) -> Answer:
        """Whether it has this very pair now. Raises the vendor's errors. UNKNOWN: its copy cannot be read."""
        del pair
        return Answer.UNKNOWN

    def lingering(self) -> Lingering:
        """What a write would not reach. Raises the vendor's errors."""
        return Lingering()

    def unwell(self) -> Sequence[StepError]:
        """What is wrong there before anything is written, and would meet the new pair. Raises the vendor's errors.

        Only what may pass by itself is ``transient``.
        """
        return ()

    def writers(self) -> Writers:
        """Who else writes there, as far as the place shows it. Raises the vendor's errors."""
        return NOBODY

    def newest_change(self) -> Change | None:
        """The newest change of the application; None where that cannot be asked. Raises the vendor's errors."""
        return None

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere | None:
        """Which places hold its names beside those of ``entries``, all consumers of the catalog; None: cannot look.

        Raises VendorError when a place did not answer: nobody knows then what it holds.
        """
        del entries
        return None

    def token_end(self) -> KeyEnd:
        """When rekey's token ends, as far as the vendor tells. Raises StepError, and the vendor's errors.

        The question also proves that the token is valid. Asked only of a kind that says
        whose token it is.
        """
        return UNKNOWN
