"""Tells a person with a local copy that the pair changed: what to fetch from where, never the value.

Looks first at Slack: a notice of this pair that arrived already is not sent twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from blocks.consumers.person.slack import SlackClient
from blocks.errors import Refused
from blocks.ledger import lease
from blocks.model.places import SlackConsumer
from blocks.model.rotation import Rotation
from blocks.prefect_api import estate, heads, recording
from blocks.prefect_api.issuers import called
from blocks.proofs import Record
from blocks.secret import Pair
from blocks.text import slack

EVENT_TYPE = "rekey_rotation_notice"
# A rotation of which the ledger is lost may have sent the notice before the one that goes on with it began.
LOOK_BACK = timedelta(days=1)


def update_slack(rotation: Rotation, consumer: SlackConsumer, pair: Pair, record: Record) -> None:
    """Send the notice once. Raises Slack's errors."""
    with estate.slack().get_client() as client:
        channel = client.direct_channel(consumer.user) if consumer.user else str(consumer.channel)
        if _arrived(client, channel, rotation, pair):
            record.prove(f"{consumer.label}: the notice of this pair arrived before.")
            return
        lease.prove()
        ledger = recording.open_ledger()
        head, to_post = ledger.head(), heads.to_post(ledger)
        text, blocks = notice(rotation, consumer, pair, head.hash)
        payload = {"rotation_id": rotation.id, "fingerprint": pair.fingerprint}
        payload |= heads.payload(to_post) if to_post else {}
        sent = client.post(channel, text, blocks, {"event_type": EVENT_TYPE, "event_payload": payload})
    record.note(message=sent, ledger_head=head.hash)
    record.prove(f"{consumer.label}: told where to fetch the new pair (no value sent).")


def _arrived(client: SlackClient, channel: str, rotation: Rotation, pair: Pair) -> bool:
    """Whether Slack shows a notice of this pair. Not every token may read the history: then it is sent again."""
    since = rotation.started_at - LOOK_BACK if rotation.may_be_clicked else rotation.started_at
    try:
        found = client.find_by_metadata(channel, EVENT_TYPE, "fingerprint", pair.fingerprint, since=since)
    except Refused:
        return False
    return found is not None


def notice(rotation: Rotation, consumer: SlackConsumer, pair: Pair, head: str) -> tuple[str, list[dict[str, Any]]]:
    """The message: plain text for notifications, and blocks. It holds names, places and fingerprints only."""
    credential = rotation.credential
    place = credential.vault
    text = f"Action required: fetch the new {credential.name} pair into your local .env (rotation {rotation.id})"
    fields = [
        f"*Credential*\n{slack(credential.name)} ({credential.realm})",
        f"*Rotation*\n{rotation.id}",
        f"*Variables*\n`{consumer.key_id}`, `{consumer.secret}`",
        f"*New pair*\nkey ID ends in `{slack(pair.key_id[-4:])}`, fingerprint `{pair.fingerprint}`",
    ]
    fetch = slack(f"infisical export --env={place.environment} --path={place.path}")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": f"{credential.name}: fetch the new pair"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": field, "verbatim": True} for field in fields]},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "verbatim": True,
                "text": f"The vault has a new pair, which {called(credential)} accepted. "
                "The one in your .env is dead or dies now. "
                f"Fetch the new one with `{fetch}`, put it into "
                "your local .env and restart what reads it. Values are never sent here.",
            },
        },
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": f"Ledger head `{head[:16]}`. Sent by rekey."}],
        },
    ]
    return text, blocks
