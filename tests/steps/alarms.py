"""What tests of alarms share: what Slack was sent, and how it is kept from taking it."""

from __future__ import annotations

from tests.operator import Operator

POST = "/api/chat.postMessage"


def told(operator: Operator) -> list[str]:
    """What people on call were told."""
    messages = operator.estate.slack.messages
    return [one["text"] for one in messages if (one.get("metadata") or {}).get("event_type") == "rekey_alert"]


def posts(operator: Operator) -> int:
    """How often Slack was asked to post."""
    return sum(1 for one in operator.estate.server.journal.of("slack") if one.path == POST)
