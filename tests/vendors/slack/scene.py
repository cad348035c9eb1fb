"""The simulated Slack, how a test reaches it, and what its tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.consumers.person.block import Slack
from blocks.consumers.person.slack import SlackClient
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer
from deployments.sandbox.slack.app import SlackSandbox

USER = "U0OPERATOR"

EVENT = "alpaca_rotation_notice"

# For a fault that never answers; everything else may take its time on a busy machine.
SHORT_S, LONG_S = 0.3, 10.0


@dataclass(frozen=True)
class Scene:
    """The simulated Slack and how to reach it."""

    slack: SlackSandbox
    server: SandboxServer

    def client(self, token: str | None = None, **fields: Any) -> SlackClient:
        """A client as a step gets it."""
        return Slack(
            url=f"{self.server.url('slack')}/api/",
            token=SecretStr(token or self.slack.token),
            **{"read_timeout_s": LONG_S, **fields},
        ).get_client()

    def client_for(self, fault: dict[str, Any]) -> SlackClient:
        """A client that does not wait long for an answer that never comes."""
        return self.client(read_timeout_s=SHORT_S if fault["kind"] is FaultKind.HANG else LONG_S)

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this Slack."""
        self.server.plan.add(Fault("slack", kind, **fields))

    def posted(self, channel: str) -> list[dict[str, Any]]:
        """The messages of one conversation."""
        return [message for message in self.slack.messages if message["channel"] == channel]


def metadata(rotation: str) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"rotation_id": rotation, "step": "local-dev"}}
