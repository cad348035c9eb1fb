"""Where a person is told something: a user or a channel of Slack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from blocks.answer import Answer
from blocks.consumers.person.alert import alert
from blocks.errors import StepError
from blocks.model.hosts import Hosts
from blocks.people.interface import Message, People
from blocks.settings import read_settings

if TYPE_CHECKING:
    from blocks.consumers.person.slack import SlackClient
    from blocks.prefect_api.heads import Posting


class SlackAddress(People):
    """A person or a channel in Slack."""

    medium: ClassVar[str] = "Slack"

    user: str | None = Field(
        default=None,
        pattern=r"^[UW][A-Z0-9]+$",
        description="the member who is told; it survives an app that is installed again",
    )
    channel: str | None = Field(
        default=None, pattern=r"^[CDG][A-Z0-9]+$", description="the conversation in which it is told"
    )

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        """One of ``user`` and ``channel`` is given, and not both."""
        if (self.user is None) == (self.channel is None):
            raise ValueError("give either user (better: it survives a reinstalled app) or channel")
        return self

    @property
    def name(self) -> str:
        """As Slack calls it."""
        return str(self.user or self.channel)

    def can_post(self) -> Answer:
        """Whether rekey's token may post there, found out without a message. Raises Slack's errors."""
        with connected() as slack:
            return slack.can_post(user=self.user, channel=self.channel)

    def tell(self, message: Message) -> None:
        """Send one message. Not idempotent: a repetition is a second message. Raises Slack's errors."""
        settings = read_settings()
        text, blocks, metadata = alert(message, (settings.prefect_ui_url, settings.console_url))
        with connected() as client:
            channel = client.direct_channel(self.user) if self.user else str(self.channel)
            client.post(channel, text, blocks, metadata)

    @classmethod
    def prefects_messages(cls, webhook: str | None, hosts: Hosts) -> str:
        """That Prefect's server, which tells people with rekey's Slack token, sends that to Slack alone.

        Raises StepError.
        """
        if webhook is None:
            return "Prefect itself sends no messages by Slack."
        problem = hosts.problem_of("slack", "rekey", webhook)
        if problem:
            raise StepError(
                "Prefect's server sends rekey's Slack token to another host by its block Custom Webhook/rekey: "
                f"{problem}.",
                "Revoke the token (api.slack.com/apps), find out who changed the block, put the new token into the "
                "Slack block, and run `rekey register`.",
            )
        return "Prefect itself sends its messages to Slack and nowhere else."

    def heads(self, since: datetime | None) -> Iterator[Posting]:
        """The heads of this rekey's ledger that were posted there since a time, newest first. Raises Slack's errors."""
        from blocks.prefect_api.heads import HASH, REKEY  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect

        with connected() as client:
            channel = client.direct_channel(self.user) if self.user else str(self.channel)
            for ts, facts in client.newest_payloads(channel, HASH, since):
                if facts.get(REKEY) == read_settings().prefect_ui_url:
                    at = datetime.fromtimestamp(float(ts), UTC)
                    yield facts, at, f"in Slack on {at:%Y-%m-%d %H:%M} UTC"


def connected() -> SlackClient:
    """A client with the token of the block. Close it, or use it as a context manager. Raises CatalogError."""
    from blocks.consumers.person.block import Slack  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
    from blocks.prefect_api import estate  # noqa: PLC0415  # as above

    return estate.loaded(Slack).get_client()
