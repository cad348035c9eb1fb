"""What the methods of the simulated Slack need of the workspace in which they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from deployments.sandbox.slack.state import Channel


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

    def add(self, channel: Channel) -> Channel:
        """A further one."""
        ...

    def demand(self, scope: str) -> None:
        """Raise SlackError unless the token has this scope."""
        ...
