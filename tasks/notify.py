"""Tells the people on call, by Slack, what cannot wait until somebody looks at the run's page."""

from __future__ import annotations

from typing import Any

from prefect.logging import get_run_logger

from blocks import estate
from blocks.catalog import load_catalog
from blocks.errors import RekeyError
from blocks.rotation import Rotation
from blocks.settings import read_settings

EVENT_TYPE = "rekey_alert"


def notify(rotation: Rotation, headline: str, text: str) -> bool:
    """Send one message without any secret; return whether Slack took it. Never raises: the run's log has it, too."""
    get_run_logger().error("%s. %s", headline, text)
    where = f"{read_settings().prefect_ui_url}/runs/flow-run/{rotation.flow_run_id}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": headline[:150]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text[:2900]}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": f"Rotation {rotation.id}: {where}"}]},
    ]
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"rotation_id": rotation.id}}
    try:
        address = load_catalog(read_settings().catalog).alerts
        if address is None:
            get_run_logger().warning("Nobody was told by Slack: the catalog names no [alerts].")
            return False
        with estate.slack().get_client() as client:
            channel = client.direct_channel(address.user) if address.user else str(address.channel)
            client.post(channel, f"{headline}: {text}"[:2900], blocks, metadata)
    except RekeyError as error:
        get_run_logger().warning("Nobody was told by Slack: %s", error)
        return False
    return True
