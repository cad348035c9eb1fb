"""What the simulated Alpaca tells of an order in its stream of trade updates (page on websocket streaming, 2026-11-29).

``at`` and ``event_id`` are only in the newer of that page's two examples. Replacements and cancellations that are
refused are answered over HTTP alone.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any

from deployments.sandbox.alpaca.orders import SandboxOrder, plain, timestamp
from deployments.sandbox.alpaca.state import SandboxPosition

# Where an event is not called like the status.
_EVENTS = {"filled": "fill", "partially_filled": "partial_fill"}
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def update_of(order: SandboxOrder, positions: Mapping[str, SandboxPosition]) -> dict[str, Any] | None:
    """What is told of an order that has just got its status. Of a leg that is held nothing is."""
    if order.status == "held":
        return None
    now = timestamp(time.time_ns())
    told = {
        "at": now[:-4] + "Z",
        "event": _EVENTS.get(order.status, order.status),
        "event_id": event_id(),
        "execution_id": str(uuid.uuid4()),
        "order": order.as_json(),
        "timestamp": now,
    }
    if order.status in _EVENTS and order.executions:
        held, last = positions.get(order.symbol), order.executions[-1]
        told |= {"price": plain(last.price), "qty": plain(last.qty), "execution_id": last.id}
        told["position_qty"] = plain(held.qty) if held else "0"
    return told


def event_id() -> str:
    """A ULID: the time in milliseconds, then what is left of it in nanoseconds and chance. Later ones are greater."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    number = milliseconds << 80 | rest << 60 | secrets.randbits(60)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
