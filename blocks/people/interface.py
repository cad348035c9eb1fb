"""People on call: an entry of the catalog by which they are told, and the proof that what was sent was taken.

One kind knows a medium, such as Slack. What a person with a local copy is told is a consumer's matter, not this one's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from blocks.answer import Answer
from blocks.entry import Entry
from blocks.errors import Unproved
from blocks.model.hosts import Hosts


@dataclass(frozen=True, slots=True)
class Message:
    """What they are told, without any secret: three texts as they are, and what it says to programs.

    ``kind`` is what it is about, in one word; ``facts`` are told with it where the medium has room for them.
    """

    headline: str
    text: str
    footer: str
    kind: str
    facts: Mapping[str, str]


class People(Entry, ABC):
    """Somebody who can be told: ``[alerts]`` of the catalog."""

    # How people call the medium; its block in Prefect is called so, too.
    medium: ClassVar[str]

    @property
    @abstractmethod
    def name(self) -> str:
        """Who it is, as the medium calls them."""

    @abstractmethod
    def can_post(self) -> Answer:
        """Whether rekey may tell them, found out without a message. Raises the vendor's errors."""

    @abstractmethod
    def tell(self, message: Message) -> None:
        """Send one message; return once the medium says that it took it. A repetition is a second message.

        Raises the vendor's errors.
        """

    @classmethod
    def prefects_messages(cls, webhook: str | None, hosts: Hosts) -> str:  # noqa: ARG003  # rekey makes none for it
        """That Prefect's server, which may tell people by a ``webhook`` (an address), sends rekey's token nowhere else.

        Raises StepError when it does, Unproved when that is not known.
        """
        if webhook is None:
            return f"Prefect itself sends no messages by {cls.medium}."
        raise Unproved(
            f"Prefect's server has a block Custom Webhook/rekey, and rekey makes none for {cls.medium}.",
            "Find out who made it and where its messages go, and delete it (Prefect UI, Blocks).",
        )
