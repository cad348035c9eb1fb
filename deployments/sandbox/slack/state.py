"""What the simulated Slack remembers of a conversation, and how it may be changed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from deployments.sandbox.slack import looks

ALL_SCOPES = frozenset({
    "chat:write", "im:write", "im:read", "im:history", "channels:read", "channels:history", "groups:read",
    "groups:history", "mpim:write", "mpim:read", "mpim:history", "users:read", "users:read.email", "users.profile:read",
    "team:read", "channels:join", "reactions:read", "reactions:write", "channels:manage", "groups:write", "files:read",
    "files:write", "pins:read", "pins:write", "usergroups:read", "usergroups:write",
})  # fmt: skip


# By the first letter of an id, and what the scopes call each kind.
KINDS = {"D": "im", "C": "public_channel", "G": "private_channel"}
SCOPES = {"im": "im", "mpim": "mpim", "public_channel": "channels", "private_channel": "groups"}


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
    # The people of one with several of them (mpim), beside the bot.
    several: tuple[str, ...] = ()
    # Who was invited to a channel, as far as that is known.
    people: list[str] = field(default_factory=list)
    # What a channel that was made here is called, and whether it is private: its id does not say so any more.
    named: str | None = None
    is_private: bool = False
    topic: dict[str, Any] = field(default_factory=looks.nothing_said)
    purpose: dict[str, Any] = field(default_factory=looks.nothing_said)
    # A direct conversation that is closed is still there.
    closed: bool = False
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def kind(self) -> str:
        """By which conversations.list and the scopes name it."""
        if self.several:
            return "mpim"
        return "private_channel" if self.is_private else KINDS[self.id[0]]

    @property
    def is_hidden(self) -> bool:
        """Whether the bot does not know of it: a conversation of others that is not public."""
        return not self.member and self.kind != "public_channel"

    def as_json(self) -> dict[str, Any]:
        """As conversations.info shows it."""
        if self.id.startswith("D"):
            told = {"is_im": True, "user": self.user, "is_user_deleted": self.archived}
            return {"id": self.id, "created": self.created, "is_archived": False, "is_org_shared": False, **told}
        shown = looks.conversation(
            self.id,
            self._name,
            private=self.is_private or self.id.startswith("G"),
            group=self.id.startswith("G"),
            several=bool(self.several),
            archived=self.archived,
            member=self.member,
            created=self.created,
        )
        return {**shown, "topic": self.topic, "purpose": self.purpose}

    @property
    def members(self) -> int:
        """How many take part, as far as they are known: the bot, and whom it speaks with."""
        return int(self.member) + len(self.several) + len(self.people)

    @property
    def _name(self) -> str:
        if not self.several:
            return self.named or self.id.lower()
        return f"mpdm-{'--'.join(one.lower() for one in self.several)}-1"
