"""What the ledger says of pairs that died outside of their own rotation.

Somebody regenerated another credential's keys than the one that was meant, or the pair died by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blocks.ledger import Action, Ledger, Row
from blocks.rotation import Snapshot


def unsettled(ledger: Ledger, credential: str) -> list[Row]:
    """What killed this credential's pair since it was last rotated, oldest first: mis-rotations, and sudden deaths.

    A rotation that was given up in between settles nothing: the pair that was put aside waits still.
    """
    rotated = [row.sequence for row in ledger.rows(credential=credential) if row.action is Action.COMPLETED]
    ended = max(rotated, default=0)
    return [
        row
        for row in ledger.rows(after=ended)
        if row.action in {Action.MISROTATION, Action.DIED} and row.context.get("killed") == credential
    ]


def staged(rows: list[Row]) -> Mapping[str, Any] | None:
    """The newest of them whose pair was typed, and so is staged for the credential."""
    return next((row.context for row in reversed(rows) if row.context.get("fingerprint")), None)


def snapshot(rows: list[Row]) -> Snapshot | None:
    """The account as it was before its pair died, if rekey had seen it."""
    known = next((row.context["before"] for row in rows if row.context.get("before")), None)
    return Snapshot.from_context(known) if known else None
