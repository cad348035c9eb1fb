"""The twin of Slack with a channel, and the SDK before it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from deployments.sandbox.slack.app import SlackSandbox
from tests.vendors.slack import scene as ours

METADATA = {"event_type": "alpaca_rotation_notice", "event_payload": {"rotation_id": "r-1", "step": "local-dev"}}

BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Action required: Alpaca paper keys rotated"}},
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Environment*\npaper"}]},
    {"type": "section", "text": {"type": "mrkdwn", "text": "Fetch it with `infisical export --env=dev`."}},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "Sent by the rotation tool."}]},
]

_numbers = itertools.count(1)

# No connection is left to the garbage collector.
NONE_KEPT = httpx.Limits(max_keepalive_connections=0)


@dataclass(frozen=True)
class Scene(ours.Scene):
    """The simulated Slack, and how others reach it."""

    @property
    def sandbox(self) -> SlackSandbox:
        """What listens there."""
        return self.slack

    def sdk(self, token: str | None = None, **fields: Any) -> WebClient:
        """slack_sdk's client."""
        return WebClient(token or self.sandbox.token, base_url=f"{self.server.url('slack')}/api/", **fields)

    def http(self) -> httpx.Client:
        """Plain requests with the token."""
        authorization = {"Authorization": f"Bearer {self.sandbox.token}"}
        return httpx.Client(base_url=self.server.url("slack"), headers=authorization, trust_env=False, limits=NONE_KEPT)


def error_of(scene: Scene, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        getattr(scene.sdk(), method)(**arguments)
    assert caught.value.response.status_code == 200
    return str(caught.value.response["error"])


def text(length: int, kind: str = "mrkdwn") -> dict[str, str]:
    return {"type": kind, "text": "x" * length}
