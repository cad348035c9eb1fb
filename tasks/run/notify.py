"""Tells the people on call what cannot wait until somebody looks at the run's page."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial

from prefect.logging import get_run_logger

from blocks import tally
from blocks.catalog import load_catalog
from blocks.errors import CatalogError, LedgerError, RekeyError
from blocks.model.rotation import Rotation
from blocks.people.interface import Message
from blocks.prefect_api import at_once, heads, recording
from blocks.prefect_api.issuers import words_of
from blocks.settings import read_settings
from tasks.run import untold
from tasks.run.one_at_a_time import page_of

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


def notify(rotation: Rotation, headline: str, text: str, *, kind: Kind = Kind.ALARM, keep: bool = True) -> bool:
    """Send one message about a rotation, as ``tell`` does."""
    footer = f"Rotation {rotation.id}: {page_of(rotation.flow_run_id)}"
    payload = {"rotation_id": rotation.id, "credential": rotation.credential.name}
    return tell(headline, text, footer, payload, kind=kind, keep=keep)


def tell(
    headline: str, text: str, footer: str, payload: Mapping[str, str], *, kind: Kind = Kind.ALARM, keep: bool = True
) -> bool:
    """Send one message without any secret; return whether the medium took it. Never raises: the run's log has it, too.

    Sent again for a few seconds while there is no clear answer: an alarm that comes twice is better than none. What is
    not taken is kept, and watch sends it later: but a form's, which has a way of its own, and what the caller
    tells again by itself (``keep``). ``payload`` is the message's metadata, for programs.
    """
    taken = _tell(headline, text, footer, payload, kind=kind, keep=keep)
    if kind is Kind.ALARM:
        tally.add(tally.ALARMS, tally.Told.TOLD if taken else tally.Told.UNTOLD)
    return taken


def _tell(headline: str, text: str, footer: str, payload: Mapping[str, str], *, kind: Kind, keep: bool) -> bool:
    headline, text = _in_words(headline, payload), _in_words(text, payload)
    get_run_logger().log(logging.ERROR if kind is Kind.ALARM else logging.INFO, "%s. %s", headline, text)
    until = time.monotonic() + PATIENCE_S
    for pause_s in (*PAUSES_S, float("inf")):
        try:
            return at_once.act(partial(_sent, Message(headline, text, footer, kind, payload)))
        except RekeyError as error:
            problem = error
        wait_s = max(pause_s, getattr(problem, "retry_after_s", None) or 0.0)
        if not problem.transient or time.monotonic() + wait_s > until:
            break
        time.sleep(wait_s)
    get_run_logger().warning("Nobody was told by %s: %s", medium(), problem)
    if keep and kind is not Kind.FORM:
        untold.keep(headline, text, footer, payload, kind)
    return False


def _in_words(text: str, payload: Mapping[str, str]) -> str:
    """As the issuer of the credential that it is about calls things."""
    try:
        credential = load_catalog(read_settings().catalog).credential.get(payload.get("credential", ""))
    except CatalogError:
        return text
    return words_of(credential).said(text) if credential else text


def _sent(message: Message) -> bool:
    """Try once. False when the catalog names nobody; raises the vendor's errors."""
    catalog = load_catalog(read_settings().catalog)
    if catalog.alerts is None:
        medium = catalog.told_by.medium
        get_run_logger().warning("Nobody was told by %s: the catalog names no [alerts].", medium)
        return False
    catalog.alerts.tell(replace(message, facts={**message.facts, **_ledger_head()}))
    return True


def medium() -> str:
    """By what people are told, as they call it."""
    try:
        return load_catalog(read_settings().catalog).told_by.medium
    except CatalogError:
        return "rekey"


def _ledger_head() -> dict[str, str]:
    """Where the ledger ends now, for whoever compares later; nothing while it is away, or known to be broken."""
    try:
        head = heads.to_post(recording.open_ledger())
    except LedgerError:
        return {}
    return heads.payload(head) if head else {}
