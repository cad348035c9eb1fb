"""Tells the people on call from a process without a flow run: by the catalog's entry, also while Prefect is away.

Then by what is kept of its block on this machine's disk (blocks/prefect_api/kept_blocks.py).
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from blocks.answer import Answer
from blocks.catalog import Catalog
from blocks.errors import RekeyError
from blocks.people.interface import Message

ALARM, NEWS = "rekey_alert", "rekey_news"
_T = TypeVar("_T")


def why_not(catalog: Catalog) -> str:
    """Why nobody can be told from here, in a sentence; empty when they can. Loads what telling them takes."""
    if catalog.alerts is None:
        return "The catalog names no [alerts]: name whom rekey tells."
    try:
        answer = _urgently(catalog.alerts.can_post)
    except RekeyError as error:
        return str(error)
    return (
        "" if answer is Answer.YES else f"{catalog.alerts.medium} does not say that {catalog.alerts.name} can be told."
    )


def tell(catalog: Catalog, headline: str, text: str, kind: str) -> str:
    """Send one message; why it was not taken, empty when it was."""
    if catalog.alerts is None:
        return "The catalog names no [alerts]: name whom rekey tells."
    message = Message(headline, text, f"rekey watchdog on {socket.gethostname()}", kind, {})
    try:
        _urgently(partial(catalog.alerts.tell, message))
    except RekeyError as error:
        return str(error)
    return ""


def _urgently(ask: Callable[[], _T]) -> _T:
    from blocks.prefect_api import at_once  # noqa: PLC0415  # Prefect takes seconds to import
    from blocks.prefect_api.block_cache import CACHE  # noqa: PLC0415  # the same

    with CACHE.afresh():
        return at_once.act(ask)
