"""How a message to the people on call looks in Slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blocks.people.interface import Message
from blocks.text import slack

# Slack takes 150 characters in a header and 3000 in a section.
MOST_HEADER = 150
MOST_TEXT = 2900
# A message ends with what is to be done and whether trading stands: what is cut is a list before that, of which the
# page in the footer has everything.
LAST_TEXT = 1900
# And a headline with what is so, behind a name.
LAST_HEADER = 60


def alert(message: Message, ours: str | tuple[str, ...]) -> tuple[str, list[dict[str, Any]], Mapping[str, Any]]:
    """What notifications show, Slack's blocks, and the metadata for programs. Pages below ``ours`` stay links."""
    body = slack(message.text, lines=True, most=MOST_TEXT, last=LAST_TEXT, ours=ours)
    footer = slack(message.footer, ours=ours)
    headline = {
        "type": "plain_text",
        "text": slack(message.headline, most=MOST_HEADER, last=LAST_HEADER),
        "emoji": False,
    }
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": headline},
        # Verbatim: Slack makes no link and no mention of what looks like one.
        {"type": "section", "text": {"type": "mrkdwn", "text": body, "verbatim": True}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": footer, "verbatim": True}]},
    ]
    shown = slack(f"{message.headline}: {message.text}", lines=True, most=MOST_TEXT, last=LAST_TEXT, ours=ours)
    return shown, blocks, {"event_type": message.kind, "event_payload": dict(message.facts)}
