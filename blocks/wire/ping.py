"""Tell an address that something ended well, as Healthchecks and its like expect it: a GET, and 2xx for an answer."""

from __future__ import annotations

import httpx
from pydantic import SecretStr

from blocks.errors import Unclear
from blocks.wire.exchange import Exchanges

VENDOR, OPERATION = "heartbeat", "ping"
READ_TIMEOUT_S = 5.0
REMEDY = "Compare heartbeat_url in the worker's file with what your monitoring service shows."


def ping(url: SecretStr) -> None:
    """Ask the address once. Raises Unreachable, and Unclear for another answer; neither shows its path."""
    exchanges = Exchanges(VENDOR, read_timeout_s=READ_TIMEOUT_S, is_counted=False)
    try:
        answered = exchanges.exchange(OPERATION, "GET", url.get_secret_value(), remedy=REMEDY)
    finally:
        exchanges.close()
    if not httpx.codes.is_success(answered.status_code):
        raise Unclear(vendor=VENDOR, operation=OPERATION, fault="not taken", status=answered.status_code, remedy=REMEDY)
