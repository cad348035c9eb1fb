"""What the methods of the simulated Slack need of the workspace in which they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from deployments.sandbox.slack.state import Channel

Method = Callable[[dict[str, Any]], dict[str, Any]]


class Workspace(Protocol):
    """Whose people, conversations and messages they are."""

    messages: list[dict[str, Any]]

    def people(self) -> Iterable[str]:
        """The ids of all persons."""
        ...

    def conversations(self) -> Mapping[str, Channel]:
        """All conversations by id."""
        ...

    def channel(self, args: dict[str, Any]) -> Channel:
        """The one that the arguments name. Raises SlackError."""
        ...

    def addressed(self, args: dict[str, Any]) -> Channel:
        """The one that a message goes to, which may be named by a person or by its name. Raises SlackError."""
        ...

    def count(self, channel: str) -> None:
        """A message more to it. Raises SlackError when these are too many."""
        ...

    def stamp(self) -> str:
        """The ts of a new message."""
        ...

    def add(self, channel: Channel) -> Channel:
        """A further one."""
        ...

    def admit(self, token: str | None) -> None:
        """Raise SlackError for a token that is not the bot's, or not any more."""
        ...

    def demand(self, scope: str) -> None:
        """Raise SlackError unless the token has this scope."""
        ...
