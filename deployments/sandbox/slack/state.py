"""What the simulated Slack remembers of a conversation, and how it may be changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALL_SCOPES = frozenset({
    "chat:write", "im:write", "im:read", "im:history", "channels:read", "channels:history", "groups:read",
    "groups:history", "users:read", "users:read.email",
})  # fmt: skip


@dataclass(slots=True)
class SlackKnobs:
    """What a test or a demonstration may change."""

    # An error for each method, instead of doing it: {"chat.postMessage": "messages_tab_disabled"}.
    errors: dict[str, str] = field(default_factory=dict)
    # The same, after doing it: fatal_error and internal_error may mean that the message was delivered.
    errors_after: dict[str, str] = field(default_factory=dict)
    # Messages a second and channel; more are answered with HTTP 429. None: no limit. Slack's is about 1, with bursts.
    per_second: int | None = None
    # Seconds in the Retry-After of a 429.
    retry_after_s: int = 1
    # Whether answers name the token's scopes in x-oauth-scopes.
    name_scopes: bool = True


@dataclass(slots=True)
class Channel:
    """A conversation that the bot may know."""

    id: str
    # The person of a direct conversation.
    user: str | None = None
    # Whether the bot takes part. A direct conversation of others looks as if it did not exist.
    member: bool = True
    # Nobody can post any more; in a direct conversation: the person's account is closed.
    archived: bool = False

    def as_json(self) -> dict[str, Any]:
        """As conversations.info shows it."""
        if self.id.startswith("D"):
            return {"id": self.id, "is_im": True, "user": self.user, "is_user_deleted": self.archived}
        return {
            "id": self.id,
            "name": self.id.lower(),
            "is_channel": True,
            "is_im": False,
            "is_private": self.id.startswith("G"),
            "is_archived": self.archived,
            "is_member": self.member,
        }
