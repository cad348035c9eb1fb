"""A person with a local copy is told that the pair changed: what to fetch from where, never the value.

Looks first at Slack: a notice of this pair that arrived already is not sent twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.interface import NOT_READABLE, Consumer, Given, Handover, Held
from blocks.consumers.person.address import SlackAddress, connected
from blocks.errors import Refused
from blocks.ledger import lease
from blocks.proofs import Record
from blocks.text import slack

if TYPE_CHECKING:
    from blocks.consumers.person.slack import SlackClient

EVENT_TYPE = "rekey_rotation_notice"


class SlackConsumer(Consumer, SlackAddress):
    """A person with a local copy: told by direct message what to fetch from where, never the value."""

    block: ClassVar[str] = "blocks.consumers.person.block:Slack"
    is_person: ClassVar[bool] = True

    kind: Literal["slack"] = Field(description="a person, told by Slack what to fetch from where")

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"slack {self.name}"

    def can_write(self) -> Answer:
        """Whether the token may post there. Raises Slack's errors."""
        return self.can_post()

    def give(self, handover: Handover, record: Record) -> None:
        """Send the notice once. Raises Slack's errors."""
        from blocks.prefect_api import heads, recording  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect

        with connected() as client:
            channel = client.direct_channel(self.user) if self.user else str(self.channel)
            if _arrived(client, channel, handover.pair.fingerprint, handover.since):
                record.prove(f"{self.label}: the notice of this pair arrived before.")
                return
            lease.prove()
            ledger = recording.open_ledger()
            head, to_post = ledger.head(), heads.to_post(ledger)
            text, blocks = notice(handover, tuple(self.names.values()), head.hash)
            payload = {"rotation_id": handover.rotation, "fingerprint": handover.pair.fingerprint}
            payload |= heads.payload(to_post) if to_post else {}
            sent = client.post(channel, text, blocks, {"event_type": EVENT_TYPE, "event_payload": payload})
        record.note(message=sent, ledger_head=head.hash)
        record.prove(f"{self.label}: told where to fetch the new pair (no value sent).")

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """When rekey told the person of which pair, which is no proof."""
        del held, depth
        when = "never told by rekey"
        if given is not None:
            when = f"told of pair {given.fingerprint} at {given.at:%Y-%m-%d %H:%M} UTC"
        return Seen(NOT_READABLE, f"{self.label} {NOT_READABLE}: a person's copy, {when}.")


def _arrived(client: SlackClient, channel: str, mark: str, since: datetime) -> bool:
    """Whether Slack shows a notice of this pair. Not every token may read the history: then it is sent again."""
    try:
        found = client.find_by_metadata(channel, EVENT_TYPE, "fingerprint", mark, since=since)
    except Refused:
        return False
    return found is not None


def notice(handover: Handover, names: tuple[str, ...], head: str) -> tuple[str, list[dict[str, Any]]]:
    """The message: plain text for notifications, and blocks. It holds names, places and fingerprints only."""
    name, pair = handover.credential, handover.pair
    text = f"Action required: fetch the new {name} pair into your local .env (rotation {handover.rotation})"
    shown = handover.shown
    end = f"{shown.called} ends in `{slack(shown.end)}`, " if shown else ""
    fields = [
        f"*Credential*\n{slack(name)} ({handover.realm})",
        f"*Rotation*\n{handover.rotation}",
        "*Variables*\n" + ", ".join(f"`{name}`" for name in names),
        f"*New pair*\n{end}fingerprint `{pair.fingerprint}`",
    ]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": f"{name}: fetch the new pair"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": field, "verbatim": True} for field in fields]},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "verbatim": True,
                "text": f"The vault has a new pair, which {handover.issuer} accepted. "
                "The one in your .env is dead or dies now. "
                f"Fetch the new one with `{slack(handover.fetch)}`, put it into "
                "your local .env and restart what reads it. Values are never sent here.",
            },
        },
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": f"Ledger head `{head[:16]}`. Sent by rekey."}],
        },
    ]
    return text, blocks
