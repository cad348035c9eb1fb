"""Tells the people on call, by Slack, what cannot wait until somebody looks at the run's page."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from prefect.logging import get_run_logger

from blocks.catalog import load_catalog
from blocks.errors import LedgerError, RekeyError
from blocks.model.rotation import Rotation
from blocks.prefect_api import heads, recording
from blocks.settings import read_settings
from blocks.text import slack
from tasks.run import untold
from tasks.run.one_at_a_time import page_of

# Slack takes 150 characters in a header and 3000 in a section.
MOST_HEADER = 150
MOST_TEXT = 2900
# A hiccup must lose no alarm; but nobody waits for long, and a mis-rotation is told within ten seconds. No brake waits:
# whoever tells engages at the same time.
PAUSES_S = (0.3, 1.0, 2.0)
PATIENCE_S = 4.0


class Kind(StrEnum):
    """What a message is about, as its metadata says it to programs."""

    ALARM = "rekey_alert"
    # Asks nobody to do anything.
    NEWS = "rekey_news"
    # A form waits, as every rotation has them.
    FORM = "rekey_form"


def notify(rotation: Rotation, headline: str, text: str, *, kind: Kind = Kind.ALARM) -> bool:
    """Send one message about a rotation, as ``tell`` does."""
    footer = f"Rotation {rotation.id}: {page_of(rotation.flow_run_id)}"
    payload = {"rotation_id": rotation.id, "credential": rotation.credential.name}
    return tell(headline, text, footer, payload, kind=kind)


def tell(
    headline: str, text: str, footer: str, payload: Mapping[str, str], *, kind: Kind = Kind.ALARM, keep: bool = True
) -> bool:
    """Send one message without any secret; return whether Slack took it. Never raises: the run's log has it, too.

    Sent again for a few seconds while Slack gives no clear answer: an alarm that comes twice is better than none. What
    Slack does not take is kept, and watch sends it later: but a form's, which has a way of its own, and what the caller
    tells again by itself (``keep``). ``payload`` is the message's metadata, for programs.
    """
    get_run_logger().log(logging.ERROR if kind is Kind.ALARM else logging.INFO, "%s. %s", headline, text)
    until = time.monotonic() + PATIENCE_S
    for pause_s in (*PAUSES_S, float("inf")):
        try:
            return _sent(headline, text, footer, payload, kind)
        except RekeyError as error:
            problem = error
        wait_s = max(pause_s, getattr(problem, "retry_after_s", None) or 0.0)
        if not problem.transient or time.monotonic() + wait_s > until:
            break
        time.sleep(wait_s)
    get_run_logger().warning("Nobody was told by Slack: %s", problem)
    if keep and kind is not Kind.FORM:
        untold.keep(headline, text, footer, payload, kind)
    return False


def _sent(headline: str, text: str, footer: str, payload: Mapping[str, str], event_type: str) -> bool:
    """Try once. False when the catalog names nobody; raises Slack's errors."""
    ours = read_settings().prefect_ui_url
    body = slack(text, lines=True, most=MOST_TEXT, ours=ours)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": slack(headline, most=MOST_HEADER), "emoji": False}},
        # Verbatim: Slack makes no link and no mention of what looks like one.
        {"type": "section", "text": {"type": "mrkdwn", "text": body, "verbatim": True}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": slack(footer, ours=ours), "verbatim": True}]},
    ]
    metadata = {"event_type": event_type, "event_payload": {**payload, **_ledger_head()}}
    address = load_catalog(read_settings().catalog).alerts
    if address is None:
        get_run_logger().warning("Nobody was told by Slack: the catalog names no [alerts].")
        return False
    address.post(slack(f"{headline}: {text}", lines=True, most=MOST_TEXT, ours=ours), blocks, metadata)
    return True


def _ledger_head() -> dict[str, str]:
    """Where the ledger ends now, for whoever compares later; nothing while it is away, or known to be broken."""
    try:
        head = heads.to_post(recording.open_ledger())
    except LedgerError:
        return {}
    return heads.payload(head) if head else {}
