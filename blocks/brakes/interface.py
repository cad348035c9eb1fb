"""A brake: what stops the trading of one application, and the page of the running one that proves it.

Each kind is a class with a ``kind`` of its own (blocks/kinds.py lists them).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from blocks.answer import LiveEnabled
from blocks.consumers.interface import Change, Consumer
from blocks.entry import Entry, RuntimeName
from blocks.errors import StepError
from blocks.writers import NOBODY, Writers

NOT_SET = "not set"
SOMETHING_ELSE = "something else"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a brake stands, by what it is set to and not by what the application says.

    ``told`` is the value, unless it is neither of the two: somebody's own way to stop trading. Unknown never releases.
    """

    is_engaged: bool
    told: str


@dataclass(frozen=True, slots=True)
class Done:
    """How a brake was set: whether it had to be, what it is now, and what does not know of it."""

    is_changed: bool
    told: str
    beside: tuple[str, ...] = ()


class Brake(Entry):
    """What stops trading, and the page of the running application that proves it."""

    # The name of the field that names the application, and the platform that runs it, as a consumer's.
    application_field: ClassVar[str]
    platform: ClassVar[str]
    # The place of its vendor's block, ``module:Class``, that rekey registers; empty for one without.
    block: ClassVar[str] = ""
    # Whether the application itself is stopped, so that it can be asked nothing while the brake is on.
    stops_running: ClassVar[bool] = False
    # Whether ``writers`` can look.
    looks_for_writers: ClassVar[bool] = False

    kind: str
    runtime: RuntimeName = Field(
        description="the block of the running app whose page proves it: `NAME` of Raptor's, or `http-json/NAME`"
    )
    route: str = Field(default="/health/trading", pattern=r"^/", description="that page")
    field: str = Field(
        default="live_enabled",
        min_length=1,
        description="its field: `false` when trading is stopped, `true` when it goes on",
    )

    @property
    @abstractmethod
    def label(self) -> str:
        """How this brake is called in messages and in the ledger."""

    @property
    def application(self) -> str:
        """The application whose trading it stops."""
        return str(getattr(self, self.application_field))

    @classmethod
    def application_in(cls, entry: Mapping[str, Any]) -> tuple[str, str]:
        """The platform and the application of an entry, as the catalog writes it."""
        return cls.platform, str(entry.get(cls.application_field, ""))

    @property
    def where(self) -> tuple[str, str]:
        """The platform, and the application whose trading it stops."""
        return self.platform, self.application

    def stops(self, consumer: Consumer) -> bool:
        """Whether the consumer is the application that it stops."""
        return self.where == consumer.where

    def trading(self, ask: Callable[[], LiveEnabled]) -> LiveEnabled:
        """Whether its application trades. Never raises, and unknown is no proof.

        By its page, which ``ask`` asks; a kind that stops the application itself has to know that nothing runs.
        """
        return ask()

    def said(self, *, enabled: bool) -> str:
        """How it is told that trading is on, or stopped, as ``trading`` found it."""
        return f"{self.runtime} says {self.field}: {str(enabled).lower()}"

    @property
    @abstractmethod
    def variables(self) -> tuple[tuple[str, str], ...]:
        """The place and name of each variable that it takes, where such a name can be taken only once."""

    def rides_on(self, consumer: Consumer) -> Mapping[str, SecretStr]:
        """What has to hold in the same write when this consumer gets a pair while the brake is on, by name."""
        del consumer
        return {}

    def is_engaged_among(self, present: Mapping[str, SecretStr | None]) -> bool:
        """Whether it is on, or says nothing, by what of the values that ride on a consumer is there."""
        del present
        return True

    @abstractmethod
    def position(self) -> Position:
        """Where it stands now. Raises the vendor's errors."""

    @abstractmethod
    def set(self, *, engaged: bool, timeout_s: float | None, on_change: Callable[[], None]) -> Done:
        """Set it unless it is set, and wait until the running application has it. Raises the vendor's errors.

        ``on_change`` is called when something has to be set; ``timeout_s`` bounds each wait.
        """

    def in_the_way(self) -> StepError | None:
        """What is known to keep its page from answering. Raises the vendor's errors."""
        return None

    @property
    @abstractmethod
    def advice(self) -> str:
        """What to look at when its proof does not come."""

    @property
    @abstractmethod
    def how_to_set(self) -> str:
        """What to do by hand when the page contradicts it: set it, and wait."""

    def writers(self) -> Writers:
        """Who else sets it, as far as its place shows it. Raises the vendor's errors."""
        return NOBODY

    def newest_change(self) -> Change | None:
        """The newest change of the application; None where that cannot be asked. Raises the vendor's errors."""
        return None
